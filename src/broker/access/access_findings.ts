import { SystemClock } from "../../clock/mod.ts";
import { type FindPlace, problemAt, type Settings } from "../../config/mod.ts";
import { AccessFileError, type AccessRule } from "../../security/access/mod.ts";
import { Hashing, KnownLogins } from "../../security/passwords/mod.ts";
import type { Findings } from "../status/findings.ts";
import { readRules } from "./access_rules.ts";
import { openLink } from "./links.ts";
import type { LinkPorts } from "./opened_link.ts";
import { sharedStandIns } from "./stand_ins.ts";
import { silentLog } from "../status/broker_log.ts";

/**
 * Returns the faults of the users and rules of `settings`: missing or damaged
 * files, keys and hashes that cannot be used. Unknown placeholders in rules are
 * warnings. `find` says where a setting was given. Asks no server.
 */
export async function accessFindings(
  settings: Settings,
  find: FindPlace,
): Promise<Findings> {
  const findings: Findings = { problems: [], warnings: [] };
  const { problems } = findings;
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
  for (const [index, one] of settings.auth.entries()) {
    try {
      (await openLink(one, settings, ports)).link.close?.();
    } catch (error) {
      const message = `[[auth]] of type "${one.type}": ${textOf(error)}`;
      problems.push(problemAt(["auth", index], message, find));
    }
  }
  hashing.close();
  await lookAtRules(settings, find, findings);
  return findings;
}

/** Adds the faults of all access rules. */
async function lookAtRules(
  { access, acl }: Settings,
  find: FindPlace,
  { problems, warnings }: Findings,
): Promise<void> {
  for (const [index, file] of access.acl_file.entries()) {
    const found = await lookAtFile(file, "access.acl_file");
    // A list's path is that of the list, its place that of the one file.
    const place = find(["access", "acl_file", index]);
    const at = (message: string) => (
      { ...place, path: "access.acl_file", message }
    );
    problems.push(...found.mistakes.map(at));
    warnings.push(...found.doubts.map(at));
  }
  for (const [index, { file, topic }] of acl.entries()) {
    const at = (key: string) => (message: string) =>
      problemAt(["acl", index, key], message, find);
    warnings.push(...topic.flatMap(doubtsIn).map(at("topic")));
    if (file === "") continue;
    const found = await lookAtFile(file, "[[acl]] file");
    problems.push(...found.mistakes.map(at("file")));
    warnings.push(...found.doubts.map(at("file")));
  }
}

interface LookedAt {
  readonly mistakes: readonly string[];
  readonly doubts: readonly string[];
}

/** Returns what is wrong, or looks wrong, in a file of access rules. */
async function lookAtFile(file: string, setting: string): Promise<LookedAt> {
  let rules: AccessRule[];
  try {
    rules = await readRules(file, setting);
  } catch (error) {
    const isOfFile = error instanceof AccessFileError;
    return {
      mistakes: isOfFile ? error.mistakes : [textOf(error)],
      doubts: [],
    };
  }
  const doubts = rules.filter(({ isPattern }) => isPattern)
    .flatMap(({ place, topics }) =>
      topics.flatMap(doubtsIn).map((one) => `${place}: ${one}`)
    );
  return { mistakes: [], doubts };
}

/** A level that another broker, or a slip of the pen, makes a placeholder. */
const LIKE_PLACEHOLDER = /^%(?![uc]$)\w+$/;

/** Returns a warning for each level of `topic` that looks like a placeholder. */
function doubtsIn(topic: string): string[] {
  return topic.split("/").filter((level) => LIKE_PLACEHOLDER.test(level))
    .map((level) =>
      `${level} in ${JSON.stringify(topic)} is not a placeholder: the rule ` +
      `applies to topics with the level "${level}"; use %u for the user name, ` +
      "%c for the client id"
    );
}

/** A mistake of our own must not pass for one of the settings. */
function textOf(error: unknown): string {
  if (error instanceof TypeError || error instanceof ReferenceError) {
    throw error;
  }
  return (error as Error).message;
}
