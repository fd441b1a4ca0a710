/** Words that people type as commands, and what does what they want. */
const commands: Readonly<Record<string, string>> = {
  run: `"dunlin serve" runs the broker`,
  version: `"dunlin --version" shows the version`,
  stop: `Ctrl+C stops the broker, or "kill PID" with its process id`,
  restart: `stop the broker with Ctrl+C or "kill PID", then "dunlin serve"`,
  reload: "a broker takes over its changed files by itself; " +
    `"kill -HUP PID" makes it do so at once`,
};

const LOGS = `"dunlin --log-level debug" logs more, "dunlin --version" shows ` +
  "the version";
const FOREGROUND = "dunlin stays in the foreground; to run it in the " +
  `background, let systemd start "dunlin serve", or a shell "dunlin serve &"`;

/** The same for options. */
const options: Readonly<Record<string, string>> = {
  ...{ "-v": LOGS, "--verbose": LOGS, "-d": FOREGROUND },
  ...{ "--daemon": FOREGROUND },
};

/**
 * Returns what to type instead of an unknown command or option, such as the
 * name of a file; undefined where `word` says nothing.
 */
export function meantBy(word: string): string | undefined {
  const known = word.startsWith("-") ? options : commands;
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
 * the place of commander's own guess.
 */
export function withMeant(text: string): string {
  const found = /^error: unknown (?:command|option) '([^']*)'/.exec(text);
  const meant = found === null ? undefined : meantBy(found[1]);
  return meant === undefined ? text : `${found![0]}: ${meant}\n`;
}
