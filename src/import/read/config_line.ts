/** One line of a Mosquitto configuration that says something. */
export interface ConfigLine {
  /** As it was named or found. */
  readonly file: string;
  /** From 1. */
  readonly number: number;
  /** The option, by its usual name where it has several. */
  readonly name: string;
  /** Its value, without spaces around it; may be empty. */
  readonly value: string;
}

/** Mosquitto knows these by an older name, too. */
const USUAL_NAMES = new Map([
  ["maximum_qos", "max_qos"],
  ["retained_persistence", "persistence"],
]);

/** Returns the lines of `text` that are neither empty nor a comment. */
export function parseLines(file: string, text: string): ConfigLine[] {
  const lines: ConfigLine[] = [];
  text.replace(/^\uFEFF/, "").split("\n").forEach((raw, index) => {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) return;
    const end = line.search(/\s/);
    const name = end < 0 ? line : line.slice(0, end);
    lines.push({
      file,
      number: index + 1,
      name: USUAL_NAMES.get(name) ?? name,
      value: end < 0 ? "" : line.slice(end).trim(),
    });
  });
  return lines;
}

/** Returns where a line stands: `mosquitto.conf:12`. */
export function placeOf(line: ConfigLine): string {
  return `${line.file}:${line.number}`;
}

/** Returns a line as reports show it: without passwords, keys and tokens. */
export function shownLine({ name, value }: ConfigLine): string {
  const isSecret = /pass(word|wd|phrase)?$|secret|psk$|_key$|token|kpass/
    .test(name) && !/file$/.test(name);
  if (value === "") return name;
  if (isSecret) return `${name} (not shown)`;
  // Name and password of an address, and its query, which may hold a key.
  const address = value.replace(/\/\/.*@/, "//(not shown)@")
    .replace(/^(\S*\/\S*\?).+/, "$1(not shown)");
  return `${name} ${address}`;
}
