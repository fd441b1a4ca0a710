import type { AclRule, Settings } from "../../config/mod.ts";
import type {
  AccessRule,
  RemoteAccess,
  RuleAuthorizer,
  RuleAuthorizerParts,
} from "../../security/access/mod.ts";

/** Access rules by one state of the settings, and where they were read. */
export interface OpenRules {
  /** Parts of an authorizer; null when every client may do everything. */
  readonly parts: RuleAuthorizerParts | null;
  /** Files they were read from. */
  readonly files: readonly string[];
}

/**
 * Reads all access rules that `settings` name. Rejects with `AccessFileError`
 * for what is wrong in a file, or a file that cannot be read.
 *
 * @param remote Decides what the rules leave open; null for no server.
 * @param hasGrants Whether a client may carry rules of its own, which hold even
 * where there are no others.
 */
export async function openRules(
  settings: Settings,
  remote: RemoteAccess | null,
  hasGrants: boolean,
): Promise<OpenRules> {
  const { acl, access } = settings;
  const deniesByDefault = acl.length > 0 || access.acl_file.length > 0;
  if (!deniesByDefault && !hasGrants && remote === null) {
    return { parts: null, files: [] };
  }
  const rules: AccessRule[] = [];
  const files: string[] = [];
  for (const rule of acl) {
    if (rule.file === "") rules.push(ruleOf(rule));
    else {
      files.push(rule.file);
      rules.push(
        ...ofListeners(
          rule.listener,
          await readRules(rule.file, "[[acl]] file"),
        ),
      );
    }
  }
  for (const file of access.acl_file) {
    rules.push(...await readRules(file, "access.acl_file"));
  }
  return {
    parts: {
      rules,
      order: access.order,
      groups: groupsOf(settings),
      deniesByDefault,
      remote,
    },
    files: [...files, ...access.acl_file],
  };
}

/**
 * Returns the same rules, about clients of these listeners alone; empty means
 * all.
 */
function ofListeners(
  listeners: readonly string[],
  rules: readonly AccessRule[],
): AccessRule[] {
  return rules.map((rule) => ({
    ...rule,
    subject: { ...rule.subject, listeners },
  }));
}

/** Returns an authorizer of `rules`; null when all clients may do everything. */
export async function makeAuthorizer(
  { parts }: OpenRules,
): Promise<RuleAuthorizer | null> {
  if (parts === null) return null;
  const { RuleAuthorizer } = await import("../../security/access/mod.ts");
  return new RuleAuthorizer(parts);
}

/**
 * Returns the rules of a file as Mosquitto writes them. `setting` is where it
 * is named. Rejects with `AccessFileError`.
 */
export async function readRules(
  file: string,
  setting: string,
): Promise<AccessRule[]> {
  const { AccessFileError, readMosquittoRules } = await import(
    "../../security/access/mod.ts"
  );
  let text: string;
  try {
    text = await Deno.readTextFile(file);
  } catch (error) {
    const why = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : (error as Error).message;
    throw new AccessFileError([
      `${file}: cannot be read: ${why}; name another one in ${setting}`,
    ]);
  }
  return readMosquittoRules(text, file);
}

/** Returns a rule of the settings in the words of the rule engine. */
function ruleOf(rule: AclRule): AccessRule {
  return {
    subject: {
      users: rule.user,
      groups: rule.group,
      clientIds: rule.client_id,
      networks: rule.network,
      listeners: rule.listener,
      commonNames: rule.certificate_cn,
      alternativeNames: rule.certificate_san,
      issuers: rule.certificate_issuer,
      fingerprints: rule.certificate_fingerprint,
      anonymous: rule.anonymous,
    },
    action: rule.action,
    qos: rule.qos,
    retain: rule.retain,
    topics: rule.topic,
    isPattern: true,
    permission: rule.permission,
    place: rule.place,
  };
}

/** Returns the groups of each user, said by the user or by the group. */
function groupsOf({ user, group }: Settings): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  const add = (name: string, one: string) => {
    const all = groups.get(name);
    if (all === undefined) groups.set(name, [one]);
    else all.push(one);
  };
  for (const { name, groups: named } of user) {
    for (const one of named) add(name, one);
  }
  for (const { name, members } of group) {
    for (const member of members) add(member, name);
  }
  return groups;
}
