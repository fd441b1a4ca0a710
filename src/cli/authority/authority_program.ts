import { type Command, InvalidArgumentError, Option } from "commander";
import {
  addCommand,
  addGroup,
  addSettings,
  repeated,
} from "../console/commands.ts";
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
  name: () => new Option("--name <NAME>", "common name of the certificate"),
  called: () =>
    new Option("--name <NAME>", "name for the list of certificates"),
  note: () =>
    new Option("--note <TEXT>", "a note for the list of certificates"),
  keyType: () =>
    new Option("--key-type <TYPE>", "type of the new key")
      .choices(["p256", "p384", "rsa2048", "rsa3072", "rsa4096", "ed25519"]),
  caDays: () => days("days of validity (3650)"),
  days: () => days("days of validity (365)"),
  replace: () =>
    new Option(
      "--replace",
      "replace an existing authority; its files are kept",
    ),
  key: () =>
    new Option(
      "--key <FILE>",
      "its private key; without it the authority only verifies",
    ),
  password: () =>
    new Option("--password-file <FILE>", "file with the password of that key"),
  server: () => new Option("--server", "for a server instead of a client"),
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
    new Option("--host <NAME>", "host name of the broker, for the README"),
  state: () =>
    new Option("--state <STATE>", "only certificates in this state")
      .choices(["authorized", "pending", "revoked"]),
  newKey: () => new Option("--new-key", "also make a new private key"),
  force: () => new Option("--force", "remove even a revoked certificate"),
  overwrite: () => new Option("--force", "replace an existing file"),
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
  "name, fingerprint (or its first 8 digits), or file",
];

const caRows: readonly Row[] = [
  ["create", null, "create the authority", [
    "name",
    "keyType",
    "caDays",
    "replace",
  ]],
  [
    "import",
    ["<CERTIFICATE>", "PEM file; issuers may follow in the same file"],
    "use an existing authority, with or without its private key",
    ["key", "password", "replace"],
  ],
  ["export", null, "print or write the certificate, for clients to trust", [
    "file",
    "overwrite",
  ]],
  ["show", null, "show the authority and the paths of its files", []],
  ["thumbprint", null, "print the SHA-256 fingerprint of the certificate", []],
];

const certRows: readonly Row[] = [
  [
    "issue",
    ["<NAME>", "common name: of the device, or host of the server"],
    "create a key, a certificate and a README for a client",
    ["server", "dns", "ip", "email", "days", "keyType", "bundle", "host"],
  ],
  [
    "sign",
    ["<CSR>", "certificate request (PKCS#10)"],
    "sign a certificate request",
    [
      "server",
      "name",
      "dns",
      "ip",
      "email",
      "days",
      "file",
      "overwrite",
    ],
  ],
  ["list", null, "list the known certificates and their states", ["state"]],
  ["show", WHICH, "show one certificate", []],
  ["authorize", WHICH, "authorize a certificate", ["called", "note"]],
  ["revoke", WHICH, "revoke a certificate and disconnect its clients", [
    "note",
  ]],
  ["unrevoke", WHICH, "authorize a revoked certificate again", ["note"]],
  ["remove", WHICH, "delete the entry of a certificate", ["force"]],
  ["renew", WHICH, "issue a new certificate for the same names and key", [
    "days",
    "newKey",
    "keyType",
    "bundle",
    "host",
  ]],
];

const MEANT = `
The authority is the one of --authority, or of the settings that --config, --set
and the environment give. Without them it is the authority of the broker, if
exactly one broker of this user runs, else the default one.
`;

/** Adds `dunlin ca` and `dunlin cert`; `onCode` gets the exit code. */
export function addAuthority(
  program: Command,
  run: RunAuthority,
  onCode: (code: number) => void,
): void {
  const groups = [
    ["ca", "manage the broker's own certificate authority", caRows],
    ["cert", "issue, authorize and revoke certificates", certRows],
  ] as const;
  for (const [group, doc, rows] of groups) {
    const parent = addGroup(program, group, doc, MEANT);
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
  const command = addCommand(parent, name, doc, MEANT);
  for (const option of own) command.addOption(options[option]());
  if (argument !== null) command.argument(...argument);
  addSettings(command, "authority.path=/etc/dunlin")
    .option("--authority <FOLDER>", "folder of the authority")
    .option("--json", "answer in JSON");
  const full = `${group} ${name}` as AuthorityCommandName;
  command.action(async () =>
    onCode(await run(full, command.args[0], command.opts()))
  );
}

function days(doc: string): Option {
  return new Option("--days <DAYS>", doc).argParser((value: string) => {
    const count = Number(value);
    if (/^\d+$/.test(value) && count >= 1 && count <= 36_500) return count;
    throw new InvalidArgumentError("Give 1 to 36500.");
  });
}
