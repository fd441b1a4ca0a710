import { SystemClock } from "../clock/mod.ts";
import type { Problem, Settings } from "../config/mod.ts";
import { AccessFileError } from "../security/access/mod.ts";
import { Hashing, KnownLogins } from "../security/passwords/mod.ts";
import { readRules } from "./access_rules.ts";
import { openLink } from "./links.ts";
import type { LinkPorts } from "./opened_link.ts";
import { silentLog } from "./broker_log.ts";

/**
 * All that would keep a start from making out of `settings` who may come in and
 * do what: files that are missing or damaged, keys and hashes that cannot be
 * used. `source` is whence the settings are. Asks no server.
 */
export async function accessProblems(
  settings: Settings,
  source: string,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const clock = new SystemClock();
  const hashing = new Hashing(clock);
  const known = new KnownLogins(clock);
  const ports: LinkPorts = {
    clock,
    log: silentLog,
    hashing,
    known,
    openFiles: new Set(),
  };
  const { auth, access } = settings;
  for (const [index, one] of auth.entries()) {
    try {
      (await openLink(one, settings, ports)).link.close?.();
    } catch (error) {
      const message = `[[auth]] of type "${one.type}": ${textOf(error)}`;
      problems.push({ source, path: `auth.${index}`, message });
    }
  }
  for (const file of access.acl_file) {
    try {
      await readRules(file);
    } catch (error) {
      const mistakes = error instanceof AccessFileError
        ? error.mistakes
        : [textOf(error)];
      for (const message of mistakes) {
        problems.push({ source, path: "access.acl_file", message });
      }
    }
  }
  hashing.close();
  return problems;
}

/** A mistake of our own must not pass for one of the settings. */
function textOf(error: unknown): string {
  if (error instanceof TypeError || error instanceof ReferenceError) {
    throw error;
  }
  return (error as Error).message;
}
