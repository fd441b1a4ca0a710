import type { Field } from "../fields/field.ts";
import { sections } from "../fields/fields.ts";
import { type ListName, lists } from "../fields/lists.ts";
import type {
  ListenerSettings,
  ListenerType,
} from "../model/listener_settings.ts";
import { PROFILES } from "../model/profile.ts";
import type { ProfileName, Settings } from "../model/settings.ts";

/** Settings of which any may be left out; what is there is already checked. */
export type PartialSettings =
  & {
    readonly [Key in Exclude<keyof Settings, ListName>]?: Partial<
      Settings[Key]
    >;
  }
  & {
    readonly [Key in ListName]?: readonly Partial<Settings[Key][number]>[];
  };

type Values = Record<string, unknown>;

/** The ports that clients try first, by the type of listener. */
const USUAL_PORTS: Readonly<Record<ListenerType, number>> = {
  tcp: 1883,
  tls: 8883,
  websocket: 9001,
  wss: 9003,
  unix: 0,
};

/**
 * Returns the settings with each value that `given` leaves out at its default,
 * which depends on the profile: the given one, else `detected`.
 * No listener at all becomes one for MQTT on 127.0.0.1:1883; with an
 * `[[auth]]`, `allow_anonymous` is false; with an `[admin]`, `admin.enabled` is
 * true. Nothing is checked.
 */
export function completeSettings(
  given: PartialSettings = {},
  detected: ProfileName = "standard",
): Settings {
  const settings: Record<string, Values | Values[]> = {};
  const profile = given.profile?.name ?? detected;
  const { defaults } = PROFILES[profile];
  for (const [name, fields] of Object.entries(sections)) {
    const said = (given as Record<string, Values | undefined>)[name];
    const chosen: Values = name === "profile" ? { name: profile } : {
      // A table without the switch turns the page on.
      ...name === "admin" && said !== undefined && { enabled: true },
      ...(defaults as Record<string, Values>)[name],
      ...said,
    };
    const section: Values = {};
    for (const [key, field] of Object.entries<Field<unknown>>(fields)) {
      section[key] = completeValue(field, chosen[key]);
    }
    settings[name] = section;
  }
  const names = new Set<string>();
  for (const listener of given.listener ?? []) {
    if (listener.name !== undefined) names.add(listener.name);
  }
  settings.listener = (given.listener ?? [{}]).map((listener) =>
    completeListener(
      // An [[auth]] table means that credentials are required.
      given.auth?.length ? { allow_anonymous: false, ...listener } : listener,
      settings as Record<string, Values>,
      names,
    )
  );
  for (const [name, fields] of Object.entries(lists)) {
    if (name === "listener") continue;
    const said = (given as Record<string, Values[]>)[name] ?? [];
    settings[name] = said.map((table) => completeTable(fields, table));
  }
  // A whole configuration has no places: only the reader knows them.
  settings.acl = (settings.acl as Values[]).map((rule) => ({
    ...rule,
    place: "",
  }));
  return settings as unknown as Settings;
}

/** Returns a table of a list with what it leaves out. */
function completeTable(
  fields: Readonly<Record<string, Field<unknown>>>,
  given: Values,
): Values {
  return Object.fromEntries(
    Object.entries(fields).map(([key, field]) => [
      key,
      completeValue(field, given[key]),
    ]),
  );
}

/** Tables in a list may leave values out, too. */
function completeValue(field: Field<unknown>, given: unknown): unknown {
  if (given === undefined) return field.default;
  if (field.tables === undefined) return given;
  return (given as Values[]).map((table) =>
    completeTable(field.tables!, table)
  );
}

function completeListener(
  given: Partial<ListenerSettings>,
  settings: Record<string, Values>,
  names: Set<string>,
): Values {
  const listener: Values = {};
  for (
    const [key, field] of Object.entries<Field<unknown>>(lists.listener)
  ) {
    const fallback = field.inherits === undefined
      ? field.default
      : settings[field.inherits[0]][field.inherits[1]];
    const said = completeValue(field, (given as Values)[key]);
    listener[key] = (given as Values)[key] === undefined ? fallback : said;
  }
  listener.port = given.port ?? USUAL_PORTS[given.type ?? "tcp"];
  if (given.name === undefined) {
    listener.name = freeName(String(listener.type), names);
  }
  return listener;
}

/** `tcp`, then `tcp-2`, `tcp-3`, ...: the first that is not taken. */
function freeName(type: string, names: Set<string>): string {
  let name = type;
  for (let count = 2; names.has(name); count++) name = `${type}-${count}`;
  names.add(name);
  return name;
}
