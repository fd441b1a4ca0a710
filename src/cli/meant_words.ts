/** Words that people type as commands, each with the command to use. */
const commands: Readonly<Record<string, string>> = {
  run: `"dunlin serve" runs the broker`,
  version: `"dunlin --version" shows the version`,
  stop: `Ctrl+C stops the broker, or "kill PID" with its process id`,
  restart: `stop the broker with Ctrl+C or "kill PID", then "dunlin serve"`,
  reload: "a running broker applies changed files by itself; " +
    `"kill -HUP PID" makes it look at once`,
};

const LOGS = `"dunlin --log-level debug" logs more, "dunlin --version" shows ` +
  "the version";
const FOREGROUND = "dunlin stays in the foreground; to run it in the " +
  `background, type "dunlin service install", or in a shell "dunlin serve &"`;

const PASSWD =
  '"dunlin passwd add FILE USER" asks for a password and creates ' +
  'the file, "dunlin passwd remove FILE USER" deletes a user';

/** The same for options. */
const options: Readonly<Record<string, string>> = {
  ...{ "-v": LOGS, "--verbose": LOGS, "-d": FOREGROUND },
  ...{ "--daemon": FOREGROUND },
};

/** Options of `mosquitto_passwd`. */
const passwdOptions: typeof options = {
  ...options,
  ...{ "-b": PASSWD, "-c": PASSWD, "-D": PASSWD, "-U": PASSWD },
};

/** Commander's error for an unknown word. */
const UNKNOWN = /^error: unknown (?:command|option) '([^']*)'/;

/** The same for an argument that a command does not take. */
const EXCESS = /^error: too many arguments .* but got 1: (.*)\.$/m;

/**
 * Returns what to type instead of an unknown command or option, such as the
 * name of a file; undefined where `word` says nothing. `command` is the first
 * word of the command line.
 */
function meantBy(word: string, command: string | undefined) {
  const known = !word.startsWith("-")
    ? commands
    : command === "passwd"
    ? passwdOptions
    : options;
  if (Object.hasOwn(known, word)) return known[word];
  if (word.endsWith(".toml")) {
    return `to use that file: dunlin --config ${word}`;
  }
  return word.endsWith(".conf")
    ? "to make settings of that configuration of Mosquitto: " +
      `dunlin import ${word} --out dunlin.toml`
    : undefined;
}

/**
 * Returns `text`, an error as commander words it, with the command to type in
 * the place of commander's own guess. `command` is the first word of the command
 * line.
 */
export function withMeant(text: string, command: string | undefined): string {
  const word = UNKNOWN.exec(text)?.[1] ?? EXCESS.exec(text)?.[1];
  const meant = word === undefined ? undefined : meantBy(word, command);
  if (meant === undefined) return text;
  const what = UNKNOWN.exec(text)?.[0] ?? `error: unexpected '${word}'`;
  return `${what}: ${meant}\n`;
}
