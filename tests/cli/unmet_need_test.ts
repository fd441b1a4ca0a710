import assert from "node:assert/strict";
import { startError } from "../../src/cli/settings/start_error.ts";
import { unmetNeed } from "../../src/cli/console/unmet_need.ts";

/** What `deno run` with these flags says, and how it ends. */
function runWith(...flags: readonly string[]) {
  return runCommand(flags, ["--port", "0"]);
}

/** The same for a command line. */
async function runCommand(flags: readonly string[], args: readonly string[]) {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", ...flags, "main.ts", ...args],
    cwd: new URL("../..", import.meta.url),
    env: { NO_COLOR: "1", DUNLIN_STORAGE__MODE: "memory" },
    stdin: "null",
  }).output();
  const text = new TextDecoder();
  return { code, out: text.decode(stdout), err: text.decode(stderr) };
}

const flags: readonly (readonly string[])[] = [
  [],
  ["--allow-net"],
  ["--allow-env"],
  ["--allow-env", "--allow-read"],
  ["--allow-env", "--allow-read", "--allow-sys"],
];
for (const given of flags) {
  Deno.test(`start: deno run ${given.join(" ")} says that -A is needed, without a stack`, async () => {
    const { code, out, err } = await runWith(...given);
    assert.deepEqual([code, out], [1, ""]);
    assert.match(
      err,
      /^dunlin: .*(Deno does not let|Deno denies|no permission)/m,
    );
    assert.match(err, /start it with -A: deno run -A main\.ts\n$/);
    assert.doesNotMatch(err, /^ +at /m);
  });
}

/** All that Dunlin needs, but of the network one address alone. */
const withoutSocketFiles = [
  ...["--allow-env", "--allow-read", "--allow-write", "--allow-sys"],
  "--allow-net=127.0.0.1",
];

Deno.test("start: a socket file that Deno denies is no matter of file rights", async () => {
  const path = `${await Deno.makeTempDir({ prefix: "dunlin-" })}/mqtt.sock`;
  const listener = ['listener.0.type="unix"', `listener.0.socket="${path}"`];
  const { code, err } = await runCommand(
    withoutSocketFiles,
    listener.flatMap((one) => ["--set", one]),
  );
  assert.equal(code, 1);
  assert.ok(
    err.includes(`Deno denies Dunlin the network address unix:${path}`),
  );
  assert.match(err, /start it with -A/);
  const asked = await runCommand(withoutSocketFiles, [
    ...["explain", "--client", "a", "--topic", "b", "--live"],
    ...["--set", `storage.path="${path}.kv"`, "--set", "storage.mode=durable"],
  ]);
  assert.equal(asked.code, 1);
  assert.match(asked.err, /it has no net access to "unix:.*start it with -A/s);
});

Deno.test("start: an old Deno is named, with the one that is needed and how to get it", () => {
  const on = (version: string) =>
    unmetNeed({ version, readsEnvironment: () => true });
  for (const version of ["1.46.3", "2.0.6", "2.8.3"]) {
    const [what, ...todo] = on(version)?.split("\n") ?? [];
    assert.equal(
      what,
      `this is Deno ${version}, and Dunlin needs Deno 2.9 or later`,
    );
    assert.match(todo.join("\n"), /deno upgrade\n.*npx -y deno@2\.9/);
  }
  for (const version of ["2.9.0", "2.10.1", "3.0.0", "2.9.0-rc.1"]) {
    assert.equal(on(version), null, version);
  }
});

Deno.test("start: what the runtime refuses later has no stack either", () => {
  const error = new Deno.errors.NotCapable(
    'Requires write access to "/x", run again with the --allow-write flag',
  );
  assert.match(
    startError(error),
    /it has no write access to "\/x"\n.*start it with -A/,
  );
});
