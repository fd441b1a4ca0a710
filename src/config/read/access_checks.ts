import type { AuthSettings } from "../model/access_settings.ts";
import { authFields } from "../fields/auth_fields.ts";
import { closest } from "../text/closest.ts";
import type { PartialSettings } from "./complete.ts";
import type { Field } from "../fields/field.ts";
import type { OnMisfit } from "../text/problem.ts";
import type { Settings } from "../model/settings.ts";

/** Sources of the keys of tokens; a `jwt` authenticator names one. */
const KEY_SOURCES = ["key", "key_file", "jwks_file", "jwks_url"] as const;

/**
 * Checks what one setting of users, rules and authenticators alone cannot
 * tell: what a table needs, names given twice, settings of another type.
 */
export function checkAccess(
  given: PartialSettings,
  settings: Settings,
  onMisfit: OnMisfit,
): void {
  settings.auth.forEach((auth, index) => {
    checkAuth(auth, given.auth?.[index] ?? {}, (key, message) => {
      onMisfit(["auth", index, key], message);
    });
  });
  checkNames("user", settings.user, onMisfit);
  checkNames("group", settings.group, onMisfit);
  settings.user.forEach((user, index) => {
    if (user.password !== "") return;
    onMisfit(
      ["user", index, "password"],
      'this user has no password: give "file:PATH", a file with it, or the ' +
        "hash that dunlin passwd add FILE USER writes behind the name",
    );
  });
  const asks = (type: string) => type === "users" || type === "scram";
  if (settings.user.length > 0 && !settings.auth.some((a) => asks(a.type))) {
    onMisfit(
      ["user", 0],
      `no [[auth]] checks this user: add one with type = "users"`,
    );
  }
  const listeners = settings.listener.map(({ name }) => name);
  settings.acl.forEach((rule, index) => {
    if (rule.file !== "") {
      const other = Object.keys(given.acl?.[index] ?? {}).find((key) =>
        !["file", "listener", "place"].includes(key)
      );
      if (other === undefined) return;
      onMisfit(
        ["acl", index, other],
        `this table takes its rules from file: remove ${other}, or move it to an [[acl]] of its own`,
      );
    } else if (rule.topic.length === 0) {
      onMisfit(
        ["acl", index, "topic"],
        `this rule has no topic: give it a filter like "sensors/#"`,
      );
    }
  });
  checkGroups(settings, onMisfit);
  for (const list of ["auth", "acl"] as const) {
    settings[list].forEach(({ listener }, index) => {
      const unknown = listener.find((name) => !listeners.includes(name));
      if (unknown === undefined) return;
      onMisfit(
        [list, index, "listener"],
        `there is no listener ${unknown}: give one of ${listeners.join(", ")}`,
      );
    });
  }
}

/** Refuses a rule for an unknown group: most often a typing mistake. */
function checkGroups(settings: Settings, onMisfit: OnMisfit): void {
  // A web server says by itself who is in which group.
  if (settings.auth.some(({ type }) => type === "http")) return;
  const known = new Set([
    ...settings.group.map(({ name }) => name),
    ...settings.user.flatMap(({ groups }) => groups),
  ]);
  settings.acl.forEach(({ group }, index) => {
    const unknown = group.find((name) => !known.has(name));
    if (unknown === undefined) return;
    const near = closest(unknown, known);
    onMisfit(
      ["acl", index, "group"],
      `there is no group ${unknown}: ` +
        (near === undefined
          ? `add a [[group]] with name = "${unknown}" and its members`
          : `did you mean ${near}?`),
    );
  });
}

type Tell = (key: keyof AuthSettings, message: string) => void;

function checkAuth(
  auth: AuthSettings,
  said: Partial<AuthSettings>,
  tell: Tell,
): void {
  const { type } = auth;
  if (said.type === undefined) {
    tell("type", `this table has no type: give one, like "password-file"`);
    return;
  }
  const fields = authFields as Readonly<Record<string, Field<unknown>>>;
  for (const [key, { types }] of Object.entries(fields)) {
    const name = key as keyof AuthSettings;
    if (said[name] === undefined || (types ?? [type]).includes(type)) continue;
    const owners = types!.map((one) => `"${one}"`).join(" or ");
    tell(
      name,
      `only type ${owners} has this setting: remove it, or change the type`,
    );
  }
  if (type === "password-file" && auth.file === "") {
    tell(
      "file",
      "give the password file; dunlin passwd add FILE USER makes one",
    );
  }
  if (type === "http" && auth.url === "") {
    tell("url", "give the address of the web server");
  }
  if (auth.superuser_url !== "" && auth.acl_url === "") {
    tell(
      "superuser_url",
      "superuser_url needs acl_url: give acl_url, or remove superuser_url",
    );
  }
  if (type === "jwt") checkKeySource(auth, tell);
}

function checkKeySource(auth: AuthSettings, tell: Tell): void {
  const sources = KEY_SOURCES.filter((key) => auth[key] !== "");
  if (sources.length === 1) return;
  if (sources.length > 1) {
    tell(sources[1], `${sources[0]} is also given: remove one of the two`);
  } else {
    tell(
      "type",
      `no key checks the tokens: give one of ${KEY_SOURCES.join(", ")}`,
    );
  }
}

function checkNames(
  list: "user" | "group",
  tables: readonly { readonly name: string }[],
  onMisfit: OnMisfit,
): void {
  const seen = new Set<string>();
  tables.forEach(({ name }, index) => {
    const path = [list, index, "name"];
    if (name === "") onMisfit(path, `this ${list} has no name: give it one`);
    else if (seen.has(name)) {
      onMisfit(path, `there is a ${list} ${name} already: remove one of them`);
    }
    seen.add(name);
  });
}
