import { passwd } from "../../../src/cli/passwd/passwd.ts";
import type { LoginCell, LoginTable } from "./table.ts";

const BAD = 0x86;
const LONG = "x".repeat(65_535);

/** What both kinds of users have in common; bob's password is "gehäim:1". */
const cells: readonly LoginCell[] = [
  {
    kind: "right",
    name: "name and password",
    login: { username: "bob", password: "gehäim:1" },
    code: 0,
  },
  {
    kind: "wrong",
    name: "password",
    login: { username: "bob", password: "geheim:1" },
    code: BAD,
  },
  {
    kind: "wrong",
    name: "letters of the password",
    login: { username: "bob", password: "GEHÄIM:1" },
    code: BAD,
  },
  {
    kind: "wrong",
    name: "user",
    login: { username: "eve", password: "gehäim:1" },
    code: BAD,
  },
  {
    kind: "wrong",
    name: "letters of the user",
    login: { username: "BOB", password: "gehäim:1" },
    code: BAD,
  },
  { kind: "absent", name: "both", login: {}, code: 0x87 },
  { kind: "absent", name: "password", login: { username: "bob" }, code: BAD },
  {
    kind: "absent",
    name: "user",
    login: { password: "gehäim:1" },
    code: BAD,
    isOnlyV5: true,
  },
  {
    kind: "malformed",
    name: "empty password",
    login: { username: "bob", password: "" },
    code: BAD,
  },
  {
    kind: "malformed",
    name: "empty user",
    login: { username: "", password: "gehäim:1" },
    code: BAD,
  },
  {
    kind: "malformed",
    name: "password that is no text",
    login: { username: "bob", password: Uint8Array.of(0xff, 0, 0xfe) },
    code: BAD,
    isOnlyMqttJs: true,
  },
  {
    kind: "malformed",
    name: "right password with a zero behind it",
    login: { username: "bob", password: "gehäim:1\0" },
    code: BAD,
    isOnlyMqttJs: true,
  },
  {
    kind: "malformed",
    name: "longest password",
    login: { username: "bob", password: LONG },
    code: BAD,
  },
  {
    kind: "malformed",
    name: "longest user",
    login: { username: LONG, password: "x" },
    code: BAD,
  },
  {
    kind: "malformed",
    name: "user with a colon, like a line of the file",
    login: { username: "bob:gehäim", password: "1" },
    code: BAD,
  },
];

/** Users of files: one hash of each kind that such a file can have. */
const others: readonly LoginCell[] = [
  ["mosquitto", "secret", 0],
  ["mosquitto", "Secret", BAD],
  ["older", "secret", 0],
  ["older", "Secret", BAD],
  ["pbkdf2-sha512", "x", 0],
  ["pbkdf2-sha512", "y", BAD],
  ["scram-sha-256", "x", 0],
  ["scram-sha-256", "y", BAD],
].map(([username, password, code]): LoginCell => ({
  kind: code === 0 ? "right" : "wrong",
  name: `password, hashed as for ${username}`,
  login: { username: `${username}`, password: `${password}` },
  code: code === 0 ? 0 : BAD,
}));

/** No password is right for a user whose hash is that of an empty one. */
const empties: readonly LoginCell[] = [undefined, "", "x"].map((password) => ({
  kind: "wrong",
  name: `password for a hash of none: ${password ?? "none"}`,
  login: { username: "empty", password },
  code: BAD,
}));

/** As mosquitto_passwd of 2.0 has written them. */
const mosquittos = `# of mosquitto_passwd
mosquitto:$7$101$DplDhVqpooo1VwMY$jiWAKXobs4+WC4NwG53+x8TNkKT4XIgyQ6ORTkVADkFT5bQjKLfefjwVgHWPQ9Ar2H8/vp55462rgAEFISvgiA==
empty:$7$101$rKjEkn/5lruVRk6m$i9aP2eTx87gSEo3xYACMentGBofL+Xe+6QiKm8gltsJsWWfz7mq7VUjOINTiV9Hn/oGh0DR1MMGDt6OfZKU2sQ==
older:$6$jgc9RSZb4PxPrcuM$+5Bvgsi5/5bciD8Zglw0Nt9uMZDzFfpEErCO/v530/7TWclCEPkHog5jOmbDDbBrTFl1jqnuxHyIvVwcC0SgJQ==
`;

/** Adds a user to a file, as `dunlin passwd add --stdin` does. */
async function addUser(
  file: string,
  user: string,
  password: string,
  hash: "argon2id" | "pbkdf2-sha512" | "scram-sha-256",
): Promise<void> {
  let rest = new TextEncoder().encode(password);
  const keyboard = {
    isTerminal: () => false,
    setRaw() {},
    read(buffer: Uint8Array) {
      buffer.set(rest);
      const { length } = rest;
      rest = new Uint8Array(0);
      return Promise.resolve(length === 0 ? null : length);
    },
  };
  let said = "";
  const err = (text: string) => said += text;
  const options = { stdin: true, hash };
  const output = { out() {}, err };
  const code = await passwd("add", file, user, options, keyboard, output);
  if (code !== 0) throw new Error(said);
}

/** Users of a file that `dunlin passwd` and `mosquitto_passwd` have written. */
export const passwordFile: LoginTable = {
  type: "password-file",
  async prepare(workshop) {
    const file = workshop.path("passwd");
    await Deno.writeTextFile(file, mosquittos);
    await addUser(file, "bob", "gehäim:1", "argon2id");
    for (const kind of ["pbkdf2-sha512", "scram-sha-256"] as const) {
      await addUser(file, kind, "x", kind);
    }
    return { auth: `file = ${JSON.stringify(file)}` };
  },
  cells: [...cells, ...others, ...empties],
};

/** Users of the settings. */
export const users: LoginTable = {
  type: "users",
  prepare: () =>
    Promise.resolve({
      auth: "",
      more: `[[user]]\nname = "bob"\npassword = "gehäim:1"\n`,
    }),
  cells,
};

/** Nobody is asked who gives nothing. */
export const anonymous: LoginTable = {
  type: "anonymous",
  prepare: () => Promise.resolve({ auth: "" }),
  cells: [
    { kind: "right", name: "nothing", login: {}, code: 0 },
    {
      kind: "wrong",
      name: "user and password",
      login: { username: "bob", password: "x" },
      code: BAD,
    },
    { kind: "wrong", name: "user", login: { username: "bob" }, code: BAD },
    {
      kind: "malformed",
      name: "empty user",
      login: { username: "", password: "" },
      code: 0,
    },
    {
      kind: "malformed",
      name: "empty user with a password",
      login: { username: "", password: "x" },
      code: 0,
    },
    {
      kind: "malformed",
      name: "password alone",
      login: { password: "x" },
      code: 0,
      isOnlyV5: true,
    },
  ],
};
