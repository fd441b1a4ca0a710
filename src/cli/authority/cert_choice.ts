import type {
  CertificateEntry,
  CertificateReading,
} from "../../security/mod.ts";
import type { AuthorityCall } from "./authority_options.ts";
import { CommandError } from "../console/command_error.ts";
import { shownText } from "../console/shown_text.ts";
import { readBytes } from "../console/read_input.ts";

/** A certificate that was named: on the list, issued here, or from a file. */
export interface Known {
  /** SHA-256, 64 digits of lowercase hex. */
  readonly fingerprint: string;
  /** Undefined when it is not on the list. */
  readonly entry: CertificateEntry | undefined;
  /** Its content; undefined when only its fingerprint is known. */
  readonly reading: CertificateReading | undefined;
  /** PEM, where there is a copy. */
  readonly pem: string | undefined;
}

/** Digits of a fingerprint that may stand for all of it. */
const FEWEST = 8;

/** Returns all certificates that are on the list or were issued here. */
export async function allKnown(call: AuthorityCall): Promise<Known[]> {
  const { library, folder, list } = call;
  const entries = await library.readList(list);
  const files = library.authorityFiles(folder);
  const issued = await library.issuedFingerprints(files);
  const known: Known[] = [];
  for (const fingerprint of new Set([...entries.keys(), ...issued])) {
    const pem = await library.readIssued(files, fingerprint);
    const reading = pem === undefined ? undefined : await read(call, pem);
    const entry = entries.get(fingerprint);
    known.push({ fingerprint, entry, reading, pem });
  }
  return known;
}

async function read(
  { library }: AuthorityCall,
  pem: string,
): Promise<CertificateReading> {
  const bytes = new TextEncoder().encode(pem);
  return (await library.readCertificateFile(bytes, "what was issued")).reading;
}

/**
 * Returns the certificates that `call.argument` may mean: a file's one, else
 * that of a fingerprint (whole or its first 8 digits or more), else those of a
 * name. Rejects with `CommandError` when there is none.
 */
export async function matching(
  call: AuthorityCall,
): Promise<[Known, ...Known[]]> {
  const { argument, library } = call;
  const known = await allKnown(call);
  const of = (fingerprint: string) =>
    known.find((one) => one.fingerprint === fingerprint);
  // Files first: a client chooses the name of its pending certificate, and must
  // not choose the meaning of a file's name.
  const isPath = /[\\/]|\.(crt|pem|cer|der)$/i.test(argument);
  if (isPath && await isFile(argument)) {
    const content = await readBytes(argument);
    const found = await library.readCertificateFile(content, argument);
    const { fingerprint } = found.reading;
    return [{ fingerprint, entry: of(fingerprint)?.entry, ...found }];
  }
  const whole = library.readFingerprint(argument);
  if (whole !== null) {
    const unknown = { entry: undefined, reading: undefined, pem: undefined };
    return [of(whole) ?? { fingerprint: whole, ...unknown }];
  }
  const digits = argument.toLowerCase().replaceAll(":", "");
  const isStart = digits.length >= FEWEST && /^[0-9a-f]+$/.test(digits);
  const named = known.filter((one) => nameOf(one) === argument);
  const [first, ...others] = named.length > 0
    ? named
    : known.filter(({ fingerprint }) =>
      isStart && fingerprint.startsWith(digits)
    );
  if (first !== undefined) return [first, ...others];
  throw new CommandError(
    `there is no certificate ${JSON.stringify(argument)}: give a name or ` +
      'fingerprint that "dunlin cert list" shows, or a file that ends in ' +
      ".crt or .pem",
  );
}

async function isFile(path: string): Promise<boolean> {
  return await Deno.stat(path).then((found) => found.isFile, () => false);
}

/** As `matching`, but rejects when it is not clear which one is meant. */
export async function theOne(call: AuthorityCall): Promise<Known> {
  const [first, ...others] = await matching(call);
  if (others.length === 0) return first;
  const lines = [first, ...others].map((one) =>
    `  ${one.fingerprint.slice(0, 16)}  ${stateOf(one).padEnd(10)}  ` +
    `until ${expiryOf(one)}`
  );
  throw new CommandError(
    `${others.length + 1} certificates have the name ` +
      `${JSON.stringify(call.argument)}; give the fingerprint of one:\n` +
      lines.join("\n"),
  );
}

/** Returns what it is called. */
export function nameOf({ entry, reading }: Known): string {
  return entry?.name || reading?.name || "";
}

/**
 * Returns its state on the list; `issued` for what needs none, such as a
 * server's.
 */
export function stateOf({ entry, reading }: Known): string {
  if (entry !== undefined) return entry.state;
  return reading === undefined ? "unknown" : "issued";
}

/** The day its life ends, or a dash. */
export function expiryOf({ entry, reading }: Known): string {
  if (reading !== undefined) {
    return new Date(reading.notAfter).toISOString().slice(0, 10);
  }
  return shownText(entry?.expires?.slice(0, 10) ?? "-");
}
