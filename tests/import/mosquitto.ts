import { mosquittoBroker } from "../e2e/programs.ts";
import { within } from "../support/wait.ts";

/**
 * Mosquitto with a configuration of its own; rejects when it does not start,
 * with what it says.
 */
export async function startMosquitto(conf: string): Promise<AsyncDisposable> {
  // Where root starts it, it would become a user who may not read the files.
  const text = (await Deno.readTextFile(conf)).replace(/^log_.*$/gm, "");
  await Deno.writeTextFile(conf, `${text}\nuser root\n`);
  const child = new Deno.Command(mosquittoBroker.command!, {
    args: ["-v", "-c", conf],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  const reader = child.stderr.getReader();
  let said = "";
  const running = async () => {
    for (let part; !(part = await reader.read()).done;) {
      said += new TextDecoder().decode(part.value);
      if (/ running\n/.test(said)) return;
    }
    throw new Error(`Mosquitto ended: ${said}`);
  };
  try {
    await within("Mosquitto to start", running());
  } catch (error) {
    try {
      child.kill("SIGTERM");
    } catch {
      // It has ended by itself.
    }
    await child.status;
    throw error;
  }
  // What nobody reads would stop it once the pipe is full.
  const rest = (async () => {
    while (!(await reader.read()).done);
  })();
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      await rest;
      await child.status;
    },
  };
}
