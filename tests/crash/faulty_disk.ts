import { fileURLToPath } from "node:url";

const source = fileURLToPath(new URL("./faulty_disk.c", import.meta.url));

/** Makes reads, writes and syncs of a broker's store fail with EIO, by a switch. */
export class FaultyDisk implements Disposable {
  /** What a broker is started with to have this disk. */
  readonly env: Readonly<Record<string, string>>;
  readonly #switch: Deno.FsFile;

  private constructor(env: Record<string, string>, file: Deno.FsFile) {
    this.env = env;
    this.#switch = file;
  }

  /** Why there can be none here; null when there can. */
  static async missing(): Promise<string | null> {
    if (Deno.build.os !== "linux") return "needs Linux";
    return await compile("/dev/null") ? null : "needs cc, a C compiler";
  }

  /** One for the files whose paths begin with `prefix`; its own are in `folder`. */
  static async make(folder: string, prefix: string): Promise<FaultyDisk> {
    const library = `${folder}/faulty_disk.so`;
    if (!await compile(library)) throw new Error(`${source} does not compile`);
    const path = `${folder}/faulty`;
    await Deno.writeFile(path, Uint8Array.of(0));
    const env = {
      LD_PRELOAD: library,
      FAULTY_PREFIX: prefix,
      FAULTY_SWITCH: path,
    };
    return new FaultyDisk(env, await Deno.open(path, { write: true }));
  }

  /** From now on so many of 100 calls fail. */
  set percent(percent: number) {
    this.#switch.seekSync(0, Deno.SeekMode.Start);
    this.#switch.writeSync(Uint8Array.of(percent));
  }

  [Symbol.dispose](): void {
    this.#switch.close();
  }
}

async function compile(to: string): Promise<boolean> {
  const args = ["-shared", "-fPIC", "-O1", "-o", to, source, "-ldl"];
  try {
    const cc = new Deno.Command("cc", { args, stdout: "null", stderr: "null" });
    return (await cc.output()).success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}
