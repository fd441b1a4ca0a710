import { CodedError } from "../../errors/mod.ts";
import { validateTopicFilter } from "../../mqtt/mod.ts";
import { type AccessRule, EVERYBODY, type RuleSubject } from "./rule.ts";

/** Mistakes in a file of access rules, one a line. */
export class AccessFileError extends CodedError {
  /** The code, as the log has it. */
  override readonly code = "access-file-invalid";
  /** Each as `file:line: what is wrong`. */
  readonly mistakes: readonly string[];

  /** `mistakes` are shown one to a line. */
  constructor(mistakes: readonly string[]) {
    super(mistakes.join("\n"));
    this.name = "AccessFileError";
    this.mistakes = mistakes;
  }
}

/** Which of the rules of such a file come first. */
type Rank = 0 | 1 | 2 | 3;

interface Ranked {
  readonly rule: AccessRule;
  readonly rank: Rank;
}

/** The words for what a rule allows. */
const ACTIONS = {
  read: "subscribe",
  write: "publish",
  readwrite: "all",
  deny: "all",
} as const;

/** Mosquitto's patterns allow nothing to clients whose names have +, # or /. */
const PATTERN_SUBJECT = {
  allow: { ...EVERYBODY, plainNames: true },
  deny: EVERYBODY,
} as const;

const ALL_QOS = [0, 1, 2] as const;

/**
 * Reads access rules as Mosquitto writes them in its `acl_file`:
 *
 * - `user NAME` begins the rules of a user; those before are about clients
 *   without a name,
 * - `topic [read|write|readwrite|deny] FILTER` is one of them,
 * - `pattern [read|write|readwrite|deny] FILTER` is about everybody, with `%u`
 *   and `%c` for user name and client id; it allows nothing to a client with
 *   `+`, `#` or `/` in one of them, as in Mosquitto,
 * - lines that begin with `#` are comments.
 *
 * They are given in the order in which Mosquitto asks them, for `first-match`:
 * what is denied to the user, what is allowed to it, then patterns alike.
 *
 * @param text What the file holds.
 * @param file Its name, as rules and mistakes are to show it.
 * @throws {AccessFileError} with all mistakes there are.
 */
export function readMosquittoRules(text: string, file: string): AccessRule[] {
  const found: Ranked[] = [];
  const mistakes: string[] = [];
  let subject: RuleSubject = { ...EVERYBODY, anonymous: true };
  text.replace(/^\ufeff/, "").split("\n").forEach((raw, index) => {
    const line = raw.trim();
    if (line === "" || raw.startsWith("#")) return;
    const place = `${file}:${index + 1}`;
    const { word, rest } = firstWord(line);
    if (word === "user") {
      if (rest === "") mistakes.push(`${place}: user needs a name`);
      else subject = { ...EVERYBODY, users: [rest] };
      return;
    }
    const isPattern = word === "pattern";
    if (!isPattern && word !== "topic") {
      mistakes.push(
        `${place}: "${word}" is not known: a line begins with user, topic, ` +
          "pattern or #",
      );
      return;
    }
    const read = readTopic(rest);
    if (typeof read === "string") {
      mistakes.push(`${place}: ${read}`);
      return;
    }
    const { access, topic } = read;
    const permission = access === "deny" ? "deny" : "allow";
    found.push({
      rule: {
        subject: isPattern ? PATTERN_SUBJECT[permission] : subject,
        action: ACTIONS[access],
        qos: ALL_QOS,
        retain: "any",
        topics: [topic],
        isPattern,
        permission,
        place,
      },
      rank: (isPattern ? 2 : 0) + (permission === "deny" ? 0 : 1) as Rank,
    });
  });
  if (mistakes.length > 0) throw new AccessFileError(mistakes);
  return found.sort((one, other) => one.rank - other.rank)
    .map(({ rule }) => rule);
}

/** `[ACCESS] FILTER`; a phrase when it is neither. A filter may have spaces. */
function readTopic(
  text: string,
): { access: keyof typeof ACTIONS; topic: string } | string {
  if (text === "") return "a filter is missing";
  const { word, rest } = firstWord(text);
  // Mosquitto takes a word alone for the filter, whatever it is.
  const topic = rest === "" ? word : rest;
  const access = rest === "" ? "readwrite" : word;
  if (!Object.hasOwn(ACTIONS, access)) {
    return `"${access}" is not known: give read, write, readwrite or deny ` +
      "before the filter, or nothing";
  }
  const fault = validateTopicFilter(topic);
  if (fault !== null) return `"${topic}" is no topic filter: ${fault}`;
  return { access: access as keyof typeof ACTIONS, topic };
}

function firstWord(text: string): { word: string; rest: string } {
  const match = /^(\S+)\s*(.*)$/s.exec(text)!;
  return { word: match[1], rest: match[2] };
}
