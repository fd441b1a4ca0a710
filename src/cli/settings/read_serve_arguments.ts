import { serveOptionRows, type ServeOptions } from "./serve_options.ts";

/**
 * Reads the arguments of `dunlin [serve]` when they are plain options, with
 * their values. Returns undefined for everything else: other commands, help,
 * mistakes. Those are left to commander, which takes longer to load than the
 * broker takes to start; a start with plain options does without it.
 */
export function readServeArguments(
  args: readonly string[],
): ServeOptions | undefined {
  const options: Record<string, string | string[] | true> = {};
  const begin = args[0] === "serve" || args[0] === "start" ? 1 : 0;
  for (let index = begin; index < args.length; index++) {
    const match = /^(?:--([a-z-]+)(?:=(.*))?|-([a-z]))$/s.exec(args[index]);
    const row = match === null
      ? undefined
      : serveOptionRows.find((row) =>
        match[3] === undefined ? row.name === match[1] : row.short === match[3]
      );
    if (row === undefined) return undefined;
    if (row.value === undefined) {
      if (match?.[2] !== undefined) return undefined;
      options[row.name] = true;
      continue;
    }
    // Commander takes a value from behind `=`, or the next argument whole.
    const value = match?.[2] ?? args[++index];
    if (value === undefined) return undefined;
    const key = row.name.replace(
      /-(.)/g,
      (_, letter: string) => letter.toUpperCase(),
    );
    if (row.repeats) {
      options[key] = [...options[key] as string[] ?? [], value];
    } else options[key] = value;
  }
  return options as ServeOptions;
}
