import { type Command, InvalidArgumentError, Option } from "commander";
import type {
  AuthorityCommandName,
  AuthorityOptions,
} from "./authority_options.ts";

/** Runs a `dunlin ca` or `dunlin cert` command; resolves to its exit code. */
export type RunAuthority = (
  name: AuthorityCommandName,
  argument: string | undefined,
  options: AuthorityOptions,
) => Promise<number>;

/** Options that several commands have, and how their values are read. */
const options = {
  name: () => new Option("--name <NAME>", "its common name"),
  called: () => new Option("--name <NAME>", "what the list calls it"),
  note: () => new Option("--note <TEXT>", "your words about it"),
  keyType: () =>
    new Option("--key-type <TYPE>", "kind of the new key")
      .choices(["p256", "p384", "rsa2048", "rsa3072", "rsa4096", "ed25519"]),
  caDays: () => days("days that it is valid (3650)"),
  days: () => days("days that it is valid (365)"),
  replace: () =>
    new Option("--replace", "in the place of one that is there; it is kept"),
  key: () =>
    new Option("--key <FILE>", "its private key; without, it only verifies"),
  password: () =>
    new Option("--password-file <FILE>", "holds the password of that key"),
  server: () => new Option("--server", "for a server; else it is for a client"),
  dns: () => repeated("--dns <NAME>", "host name; may be repeated"),
  ip: () => repeated("--ip <ADDRESS>", "IP address; may be repeated"),
  email: () => repeated("--email <ADDRESS>", "mail address; may be repeated"),
  bundle: () =>
    new Option(
      "--out <PATH>",
      "new folder, or file that ends in .zip (./NAME)",
    ),
  file: () => new Option("--out <FILE>", "file to write"),
  host: () =>
    new Option("--host <NAME>", "the broker's name in the lines to paste"),
  state: () =>
    new Option("--state <STATE>", "only those in this state")
      .choices(["authorized", "pending", "revoked"]),
  newKey: () => new Option("--new-key", "make a new private key, too"),
  force: () => new Option("--force", "also one that is revoked"),
} as const;

type OptionName = keyof typeof options;

/** A command: its name, argument, what it does, and its options. */
type Row = readonly [
  name: string,
  argument: readonly [usage: string, doc: string] | null,
  doc: string,
  options: readonly OptionName[],
];

const WHICH: Row[1] = [
  "<WHICH>",
  "its name, its fingerprint or how that begins, or its file",
];

const caRows: readonly Row[] = [
  ["create", null, "make an authority: it issues certificates", [
    "name",
    "keyType",
    "caDays",
    "replace",
  ]],
  [
    "import",
    ["<CERTIFICATE>", "PEM file; those above it may follow in it"],
    "bring an authority along, with or without its private key",
    ["key", "password", "replace"],
  ],
  ["export", null, "its certificate, which clients must trust", ["file"]],
  ["show", null, "what it is, and where it lies", []],
  ["thumbprint", null, "SHA-256 of its certificate", []],
];

const certRows: readonly Row[] = [
  [
    "issue",
    ["<NAME>", "its common name: of the device, or host of the server"],
    "make a key and a certificate, with all that goes with them",
    ["server", "dns", "ip", "email", "days", "keyType", "bundle", "host"],
  ],
  ["sign", ["<CSR>", "certificate request (PKCS#10)"], "sign a request", [
    "server",
    "name",
    "dns",
    "ip",
    "email",
    "days",
    "file",
  ]],
  ["list", null, "those that are known", ["state"]],
  ["show", WHICH, "all about one", []],
  ["authorize", WHICH, "let it in", ["called", "note"]],
  ["revoke", WHICH, "shut it out; whoever is in with it is put out", ["note"]],
  ["unrevoke", WHICH, "take a revocation back", ["note"]],
  ["remove", WHICH, "forget it", ["force"]],
  ["renew", WHICH, "issue it anew, for the same names and key", [
    "days",
    "newKey",
    "keyType",
    "bundle",
    "host",
  ]],
];

const MEANT = `
Which authority: that of --authority, else that of the settings, as "dunlin
serve" with the same --config and --set, or the same environment, would use.
Without any of these: that of the broker, if one broker of this user runs.
`;

/** Adds `dunlin ca` and `dunlin cert`; `onCode` gets the exit code. */
export function addAuthority(
  program: Command,
  run: RunAuthority,
  onCode: (code: number) => void,
): void {
  const groups = [
    ["ca", "look after the broker's own certificate authority", caRows],
    ["cert", "issue certificates, and say who may enter with theirs", certRows],
  ] as const;
  for (const [group, doc, rows] of groups) {
    const parent = program.command(group).description(doc)
      .helpOption("-h, --help", "show this help")
      .helpCommand("help [command]", "show a command's help")
      .addHelpText("after", MEANT);
    for (const row of rows) addRow(parent, group, row, run, onCode);
  }
}

function addRow(
  parent: Command,
  group: "ca" | "cert",
  [name, argument, doc, own]: Row,
  run: RunAuthority,
  onCode: (code: number) => void,
): void {
  const command = parent.command(name).description(doc)
    .helpOption("-h, --help", "show this help")
    .allowExcessArguments(false).addHelpText("after", MEANT);
  for (const option of own) command.addOption(options[option]());
  command.option("-c, --config <FILE>", "configuration file (or DUNLIN_CONFIG)")
    .addOption(repeated(
      "--set <KEY=VALUE>",
      "any setting, as authority.path=/etc/dunlin; may be repeated",
    ))
    .option("--authority <FOLDER>", "folder of the authority")
    .option("--json", "answer in JSON");
  const full = `${group} ${name}` as AuthorityCommandName;
  if (argument === null) {
    command.action(async (given: AuthorityOptions) =>
      onCode(await run(full, undefined, given))
    );
    return;
  }
  command.argument(...argument).action(
    async (value: string, given: AuthorityOptions) =>
      onCode(await run(full, value, given)),
  );
}

function repeated(flags: string, doc: string): Option {
  return new Option(flags, doc).argParser(
    (value: string, before: string[] = []) => [...before, value],
  );
}

function days(doc: string): Option {
  return new Option("--days <DAYS>", doc).argParser((value: string) => {
    const count = Number(value);
    if (/^\d+$/.test(value) && count >= 1 && count <= 36_500) return count;
    throw new InvalidArgumentError("Give 1 to 36500.");
  });
}
