import assert from "node:assert/strict";
import {
  parsePasswordFile,
  PasswordFileError,
  readPasswordFile,
} from "../../../src/security/passwords/mod.ts";

const HASH =
  "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";

Deno.test("password file: users in order, comments, empty lines, both line ends", () => {
  const text = `# ours\r\n\r\nzoë:${HASH}\r\n  \nbob b:${HASH}  \n#x:${HASH}\n`;
  const users = parsePasswordFile(text, "passwd");
  assert.deepEqual([...users.keys()], ["zoë", "bob b"]);
  assert.equal(parsePasswordFile("", "passwd").size, 0);
});

const broken: readonly (readonly [string, RegExp])[] = [
  ["bob", /^passwd:1: it is not "user:hash"; dunlin passwd add passwd USER/],
  [`:${HASH}`, /^passwd:1: it is not "user:hash"/],
  ["\nbob:secret", /^passwd:2: the hash of bob cannot be used: it is no hash/],
  [
    `bob:${HASH}\neve:${HASH}\nbob:${HASH}`,
    /^passwd:3: the user bob is there already/,
  ],
];
for (const [text, told] of broken) {
  Deno.test(`password file: ${JSON.stringify(text.slice(0, 20))} is told with its line`, () => {
    assert.throws(() => parsePasswordFile(text, "passwd"), (error) => {
      assert.ok(error instanceof PasswordFileError);
      assert.match(error.message, told);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  });
}

Deno.test("password file: what cannot be read says why", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-passwords-" });
  try {
    const path = `${folder}/passwd`;
    await assert.rejects(readPasswordFile(path), /there is no such file/);
    await assert.rejects(readPasswordFile(folder), /it cannot be read/);
    await Deno.writeFile(path, Uint8Array.of(0x62, 0x3a, 0xff));
    await assert.rejects(readPasswordFile(path), /it is not UTF-8/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
