import type { Path } from "../text/problem.ts";

/** Targets of references. */
export interface ReferencePorts {
  /** The environment's variables. */
  readonly environment: Readonly<Record<string, string>>;
  /** The absolute path for one that a reference names. */
  readonly absolute: (path: string) => string;
  /** The text of a file; rejects with the reason when it cannot be read. */
  readonly readTextFile: (path: string) => Promise<string>;
}

/** Tells of a reference that leads nowhere. */
export type OnBadReference = (path: Path, message: string) => void;

const VARIABLE = /\$\$\{|\$\{([^{}]*)\}/g;

/**
 * Returns a copy of `value`, the tree of a configuration, in which the strings
 * hold what they refer to: `${NAME}` and `${NAME:-default}` anywhere in a
 * string, `file:PATH` as a whole string where `isSecret` says so. `$${` stands
 * for `${`. `onBad` gets a reference that leads nowhere, which is left out.
 */
export async function resolveReferences(
  value: unknown,
  isSecret: (path: Path) => boolean,
  ports: ReferencePorts,
  onBad: OnBadReference,
  path: Path = [],
): Promise<unknown> {
  const inner = (child: unknown, key: string | number) =>
    resolveReferences(child, isSecret, ports, onBad, [...path, key]);
  if (typeof value === "string") {
    const text = substitute(value, ports, (message) => onBad(path, message));
    return text !== undefined && isSecret(path)
      ? await readSecret(text, ports, (message) => onBad(path, message))
      : text;
  }
  if (Array.isArray(value)) return await Promise.all(value.map(inner));
  // Dates are the only other objects that TOML knows.
  if (typeof value !== "object" || value === null || value instanceof Date) {
    return value;
  }
  const table: Record<string, unknown> = {};
  for (const [key, child] of Object.entries(value)) {
    const resolved = await inner(child, key);
    if (resolved !== undefined) table[key] = resolved;
  }
  return table;
}

function substitute(
  text: string,
  ports: ReferencePorts,
  onBad: (message: string) => void,
): string | undefined {
  let isWhole = true;
  const result = text.replace(VARIABLE, (all, inside?: string) => {
    if (inside === undefined) return "${";
    const match = /^([A-Za-z_]\w*)(?::-(.*))?$/s.exec(inside);
    const isSet = match !== null &&
      Object.hasOwn(ports.environment, match[1]);
    const found = isSet ? ports.environment[match[1]] : "";
    // As in a shell, `:-` also stands in for a variable that is empty.
    if (found !== "") return found;
    if (match?.[2] !== undefined) return match[2];
    if (isSet) return found;
    isWhole = false;
    onBad(
      match === null
        // Its text may be part of a secret.
        ? "a reference is not valid: write ${NAME} or ${NAME:-default}, " +
          "or $${ for a plain ${"
        : `the environment variable ${
          match[1]
        } is not set: set it, or write \${${match[1]}:-default}`,
    );
    return all;
  });
  return isWhole ? result : undefined;
}

async function readSecret(
  text: string,
  ports: ReferencePorts,
  onBad: (message: string) => void,
): Promise<string | undefined> {
  if (!text.startsWith("file:")) return text;
  const file = ports.absolute(text.slice("file:".length));
  try {
    // Editors and `echo` end a file with a line end that is not meant.
    return (await ports.readTextFile(file)).replace(/\r?\n$/, "");
  } catch (error) {
    const reason = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : error instanceof Deno.errors.PermissionDenied
      ? "this user may not read it"
      : error instanceof Error
      ? error.message
      : String(error);
    onBad(`the secret's file ${file} cannot be read: ${reason}`);
    return undefined;
  }
}
