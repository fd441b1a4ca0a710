import assert from "node:assert/strict";
import { passwd, type PasswdOptions } from "../../src/cli/passwd/passwd.ts";
import type { Keyboard } from "../../src/cli/passwd/password_prompt.ts";
import { makeHash, printHash } from "../../src/security/passwords/mod.ts";

const encoder = new TextEncoder();

/** A keyboard on which `parts` are typed, a read each. */
function typing(parts: readonly string[], isTerminal = true) {
  const left = parts.map((part) => encoder.encode(part));
  const keyboard: Keyboard & { raw: boolean[] } = {
    raw: [],
    isTerminal: () => isTerminal,
    setRaw: (isRaw) => keyboard.raw.push(isRaw),
    read(buffer) {
      const part = left.shift();
      if (part === undefined) return Promise.resolve(null);
      buffer.set(part);
      return Promise.resolve(part.length);
    },
  };
  return keyboard;
}

/** A folder of its own, and commands with what they said. */
class Place implements AsyncDisposable {
  readonly folder: string = Deno.makeTempDirSync({ prefix: "dunlin-passwd-" });
  readonly file: string = `${this.folder}/passwd`;
  said = "";

  /** `input` is typed; with `stdin` in the options it is piped instead. */
  async run(
    name: "add" | "remove" | "list" | "check",
    user: string,
    input: readonly string[] = [],
    options: PasswdOptions = {},
  ): Promise<number> {
    this.said = "";
    const say = (text: string) => this.said += text;
    const keyboard = typing(input, options.stdin !== true);
    const hash = "pbkdf2-sha512";
    return await passwd(name, this.file, user, { hash, ...options }, keyboard, {
      out: say,
      err: say,
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

const piped = { stdin: true };

Deno.test("passwd: what is added is listed, checked, changed and removed", async () => {
  await using place = new Place();
  assert.equal(await place.run("add", "bob", ["gehäim\r\n"], piped), 0);
  assert.equal(await place.run("add", "eve", ["x"], piped), 0);
  assert.equal(await place.run("check", "bob", ["gehäim\n"], piped), 0);
  assert.equal(await place.run("check", "bob", ["geheim\n"], piped), 1);
  assert.match(place.said, /wrong/);
  assert.equal(await place.run("list", ""), 0);
  assert.equal(place.said, "bob  (pbkdf2-sha512)\neve  (pbkdf2-sha512)\n");
  assert.equal(await place.run("add", "bob", ["new"], piped), 0);
  assert.match(place.said, /bob has a new password/);
  assert.equal(await place.run("check", "bob", ["new"], piped), 0);
  assert.equal(await place.run("remove", "bob"), 0);
  assert.equal(await place.run("list", "", [], { json: true }), 0);
  assert.deepEqual(JSON.parse(place.said), {
    ok: true,
    users: [{ name: "eve", hash: "pbkdf2-sha512" }],
  });
  assert.equal(await place.run("remove", "bob"), 1);
  assert.match(place.said, /there is no user bob/);
});

Deno.test("passwd: a new hash is argon2id, unless another is asked for", async () => {
  await using place = new Place();
  await place.run("add", "bob", ["x"], { ...piped, hash: undefined });
  assert.match(await Deno.readTextFile(place.file), /^bob:\$argon2id\$v=19\$/);
});

Deno.test("passwd: typed twice, shown never, with the keys that erase", async () => {
  await using place = new Place();
  const keys = ["oops\x15ge", "hä", "Xü\x7f\x7f", "im\r", "gehäim\r"];
  assert.equal(await place.run("add", "bob", keys), 0, place.said);
  assert.doesNotMatch(place.said, /im/);
  assert.equal(await place.run("check", "bob", ["gehäim"], piped), 0);
  assert.equal(await place.run("add", "bob", ["one\rtwo\r"]), 1);
  assert.match(place.said, /the two passwords differ/);
});

Deno.test("passwd: the terminal shows keys again, also after Ctrl+C", async () => {
  for (const keys of [["a\x03"], ["\x04"], ["a\ra\r"], []]) {
    await using place = new Place();
    const keyboard = typing(keys);
    const silent = { out() {}, err() {} };
    await passwd("add", place.file, "bob", {}, keyboard, silent);
    assert.equal(keyboard.raw.length % 2, 0);
    assert.equal(keyboard.raw.at(-1), false);
  }
});

Deno.test("passwd: without a terminal it says how to pipe", async () => {
  await using place = new Place();
  let said = "";
  const output = { out() {}, err: (text: string) => said += text };
  const code = await passwd(
    "add",
    place.file,
    "bob",
    {},
    typing([], false),
    output,
  );
  assert.equal(code, 1);
  assert.match(said, /--stdin/);
});

const refused: readonly (readonly [string, string, string, RegExp])[] = [
  ["an empty password", "bob", "\n", /empty/],
  ["a name with a colon", "a:b", "x", /colon/],
  ["a name with a line end", "a\nb", "x", /control/],
  ["a name that would be a comment", "#a", "x", /begins with #/],
  ["an empty name", "", "x", /it is empty/],
  ["a name too long for MQTT", "ü".repeat(32_768), "x", /longer than 65535/],
  ["a password too long for MQTT", "bob", "x".repeat(70_000), /longer/],
];
for (const [name, user, input, told] of refused) {
  Deno.test(`passwd: ${name} is refused, and no file is made`, async () => {
    await using place = new Place();
    const parts = input.match(/[^]{1,4000}/g) ?? [];
    assert.equal(await place.run("add", user, parts, piped), 1);
    assert.match(place.said, told);
    await assert.rejects(Deno.stat(place.file), Deno.errors.NotFound);
  });
}

Deno.test("passwd: the file is for its user's eyes, and for a group's that had it", async () => {
  await using place = new Place();
  await place.run("add", "bob", ["x"], piped);
  const mode = async () => (await Deno.stat(place.file)).mode! & 0o777;
  assert.equal(await mode(), 0o600);
  await Deno.chmod(place.file, 0o644);
  await place.run("add", "bob", ["y"], piped);
  assert.equal(await mode(), 0o640);
});

Deno.test("passwd: who adds a user as root does not take the file from the broker", async () => {
  if (Deno.uid() !== 0) return;
  await using place = new Place();
  await place.run("add", "bob", ["x"], piped);
  await Deno.chown(place.file, 12_345, 23_456);
  await place.run("add", "eve", ["x"], piped);
  const { uid, gid } = await Deno.stat(place.file);
  assert.deepEqual([uid, gid], [12_345, 23_456]);
});

Deno.test("passwd: a link stays one, comments stay, a bad line is told", async () => {
  await using place = new Place();
  const real = `${place.folder}/real`;
  const hash = printHash(await makeHash(encoder.encode("x"), "pbkdf2-sha512"));
  await Deno.writeTextFile(real, `# ours\n\nbob:${hash}`);
  await Deno.symlink(real, place.file);
  assert.equal(await place.run("add", "eve", ["y"], piped), 0, place.said);
  assert.ok((await Deno.lstat(place.file)).isSymlink);
  const text = await Deno.readTextFile(real);
  assert.ok(text.startsWith(`# ours\n\nbob:${hash}\neve:$7$`), text);
  await Deno.writeTextFile(real, text + "nobody\n");
  assert.equal(await place.run("add", "eve", ["z"], piped), 1);
  assert.match(place.said, /real:5: it is not "user:hash"/);
  assert.equal(await Deno.readTextFile(real), text + "nobody\n");
});

Deno.test("passwd: a user whose hash is damaged gets a new one", async () => {
  await using place = new Place();
  await Deno.writeTextFile(place.file, "bob:$7$101$short$x\n");
  assert.equal(await place.run("list", ""), 1);
  assert.match(place.said, /passwd:1: the hash of bob cannot be used/);
  assert.equal(await place.run("add", "bob", ["x"], piped), 0, place.said);
  assert.equal(await place.run("check", "bob", ["x"], piped), 0);
});

Deno.test("passwd: who adds at the same time loses nobody", async () => {
  await using place = new Place();
  const names = ["a", "b", "c", "d", "e"];
  const silent = { out() {}, err() {} };
  const codes = await Promise.all(names.map((user) =>
    passwd(
      "add",
      place.file,
      user,
      { stdin: true, hash: "pbkdf2-sha512" },
      typing(["x"]),
      silent,
    )
  ));
  assert.deepEqual(codes, [0, 0, 0, 0, 0]);
  await place.run("list", "", [], { json: true });
  const { users } = JSON.parse(place.said) as { users: { name: string }[] };
  assert.deepEqual(users.map(({ name }) => name).sort(), names);
});

Deno.test("passwd: a folder that is not there is told", async () => {
  await using place = new Place();
  const path = `${place.folder}/no/passwd`;
  let said = "";
  const output = { out() {}, err: (text: string) => said += text };
  const options = { stdin: true } as const;
  assert.equal(
    await passwd("add", path, "a", options, typing(["x"]), output),
    1,
  );
  assert.match(said, /there is no folder/);
});
