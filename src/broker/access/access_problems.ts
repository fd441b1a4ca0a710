import { SystemClock } from "../../clock/mod.ts";
import {
  type FindPlace,
  type Problem,
  problemAt,
  type Settings,
} from "../../config/mod.ts";
import { AccessFileError } from "../../security/access/mod.ts";
import { Hashing, KnownLogins } from "../../security/passwords/mod.ts";
import { readRules } from "./access_rules.ts";
import { openLink } from "./links.ts";
import type { LinkPorts } from "./opened_link.ts";
import { sharedStandIns } from "./stand_ins.ts";
import { silentLog } from "../status/broker_log.ts";

/**
 * Returns the faults that keep a start from using the users and rules of
 * `settings`: files that are missing or damaged, keys and hashes that
 * cannot be used. `find` says where a setting was given. Asks no server.
 */
export async function accessProblems(
  settings: Settings,
  find: FindPlace,
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
    standIns: sharedStandIns(null),
    openFiles: new Set(),
  };
  const { auth, access, acl } = settings;
  for (const [index, one] of auth.entries()) {
    try {
      (await openLink(one, settings, ports)).link.close?.();
    } catch (error) {
      const message = `[[auth]] of type "${one.type}": ${textOf(error)}`;
      problems.push(problemAt(["auth", index], message, find));
    }
  }
  for (const [index, file] of access.acl_file.entries()) {
    for (const message of await mistakesIn(file, "access.acl_file")) {
      // A list's path is that of the list, its place that of the one file.
      const place = find(["access", "acl_file", index]);
      problems.push({ ...place, path: "access.acl_file", message });
    }
  }
  for (const [index, { file }] of acl.entries()) {
    if (file === "") continue;
    for (const message of await mistakesIn(file, "[[acl]] file")) {
      problems.push(problemAt(["acl", index, "file"], message, find));
    }
  }
  hashing.close();
  return problems;
}

/** Returns what is wrong in a file of access rules. */
async function mistakesIn(
  file: string,
  setting: string,
): Promise<readonly string[]> {
  try {
    await readRules(file, setting);
    return [];
  } catch (error) {
    return error instanceof AccessFileError ? error.mistakes : [textOf(error)];
  }
}

/** A mistake of our own must not pass for one of the settings. */
function textOf(error: unknown): string {
  if (error instanceof TypeError || error instanceof ReferenceError) {
    throw error;
  }
  return (error as Error).message;
}
