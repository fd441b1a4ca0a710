import { type Effect, effectOf } from "./effect.ts";
import type { Field } from "../fields/field.ts";
import { sections } from "../fields/fields.ts";
import { pairListeners } from "../model/listener_pairs.ts";
import type { ListenerSettings } from "../model/listener_settings.ts";
import { type ListName, lists } from "../fields/lists.ts";
import type { Settings } from "../model/settings.ts";
import { shownTable } from "../show/shown_table.ts";

/** One setting that is another one, or a table that comes or goes. */
export interface SettingChange {
  /** `limits.max_inflight`, `listener web`, `listener web.path`, `acl 3`. */
  readonly path: string;
  /** As TOML says it; null where there was none. */
  readonly from: string | null;
  /** As TOML says it; null where there is none any more. */
  readonly to: string | null;
  /** When it counts for a broker that runs. */
  readonly effect: Effect;
}

type Fields = Readonly<Record<string, Field<unknown>>>;
type Values = Readonly<Record<string, unknown>>;

/**
 * Returns what differs between the settings `from` and those that replace them,
 * in the order of the example file. Secrets that differ are listed, not shown.
 */
export function differenceOf(from: Settings, to: Settings): SettingChange[] {
  return [
    ...listenerChanges(from, to),
    ...orderedChanges("auth", from, to),
    ...namedChanges("user", from, to),
    ...namedChanges("group", from, to),
    ...orderedChanges("acl", from, to),
    ...Object.entries(sections).flatMap(([name, fields]) => {
      const key = name as keyof typeof sections;
      return fieldChanges(name, name, fields, from[key], to[key]);
    }),
  ];
}

/**
 * Returns the fields of one table that differ; `section` is that of its
 * settings.
 */
function fieldChanges(
  path: string,
  section: string,
  fields: Fields,
  from: object,
  to: object,
): SettingChange[] {
  const changes: SettingChange[] = [];
  for (const [key, field] of Object.entries(fields)) {
    const before = (from as Values)[key];
    const after = (to as Values)[key];
    if (isSame(before, after)) continue;
    changes.push({
      path: `${path}.${key}`,
      from: field.write(before),
      to: field.write(after),
      effect: effectOf(section, key),
    });
  }
  return changes;
}

/** Values are plain, and their members always come in the same order. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

function listenerChanges(from: Settings, to: Settings): SettingChange[] {
  return pairListeners(from, to).flatMap((pair) => {
    if (pair.from === null) return [whole("listener", null, pair.to)];
    if (pair.to === null) return [whole("listener", pair.from, null)];
    // The difference of a section covers the settings that both inherit.
    const own = Object.fromEntries(
      Object.entries<Field<unknown>>(lists.listener).filter(([, field]) =>
        field.inherits === undefined
      ),
    );
    const inherited = inheritedChanges(pair.from, pair.to, from, to);
    const path = `listener ${pair.to.name}`;
    const changes = fieldChanges(path, "listener", own, pair.from, pair.to);
    return [...changes, ...inherited];
  });
}

function inheritedChanges(
  before: ListenerSettings,
  after: ListenerSettings,
  from: Settings,
  to: Settings,
): SettingChange[] {
  const own: Record<string, Field<unknown>> = {};
  const fields = Object.entries<Field<unknown>>(lists.listener);
  for (const [key, field] of fields) {
    if (field.inherits === undefined) continue;
    const [section, name] = field.inherits;
    const isTheirs = (settings: Settings, listener: ListenerSettings) =>
      valueAt(settings, section, name) ===
        (listener as unknown as Values)[key];
    if (!isTheirs(from, before) || !isTheirs(to, after)) own[key] = field;
  }
  return fieldChanges(
    `listener ${after.name}`,
    "listener",
    own,
    before,
    after,
  );
}

function valueAt(settings: Settings, section: string, key: string): unknown {
  return (settings as unknown as Record<string, Values>)[section][key];
}

/** Returns a table that comes (`from` is null) or goes (`to` is). */
function whole(
  list: ListName,
  from: object | null,
  to: object | null,
  place = ((to ?? from) as { readonly name: string }).name,
): SettingChange {
  const show = (table: object | null) =>
    table === null ? null : shownTable(lists[list] as Fields, table);
  return {
    path: `${list} ${place}`,
    from: show(from),
    to: show(to),
    effect: "now",
  };
}

/** Tables of which each has a name. */
function namedChanges(
  list: "user" | "group",
  from: Settings,
  to: Settings,
): SettingChange[] {
  const left = new Map(from[list].map((one) => [one.name, one]));
  const changes: SettingChange[] = [];
  for (const next of to[list]) {
    const before = left.get(next.name);
    left.delete(next.name);
    if (before === undefined) changes.push(whole(list, null, next));
    else {
      const path = `${list} ${next.name}`;
      const fields = lists[list] as Fields;
      changes.push(...fieldChanges(path, list, fields, before, next));
    }
  }
  for (const one of left.values()) changes.push(whole(list, one, null));
  return changes;
}

/** Tables whose order counts: what is alike at both ends has stayed. */
function orderedChanges(
  list: "auth" | "acl",
  from: Settings,
  to: Settings,
): SettingChange[] {
  const fields = lists[list] as Fields;
  const before: readonly object[] = from[list];
  const after: readonly object[] = to[list];
  // The place of a rule is no part of its meaning.
  const isAlike = (one: object, other: object) =>
    Object.keys(fields).every((key) =>
      isSame((one as Values)[key], (other as Values)[key])
    );
  const least = Math.min(before.length, after.length);
  let head = 0;
  while (head < least && isAlike(before[head], after[head])) head++;
  let tail = 0;
  while (
    tail < least - head && isAlike(before.at(-1 - tail)!, after.at(-1 - tail)!)
  ) tail++;
  const gone = before.slice(head, before.length - tail);
  const come = after.slice(head, after.length - tail);
  return [
    ...gone.map((one, at) => whole(list, one, null, String(head + at + 1))),
    ...come.map((one, at) => whole(list, null, one, String(head + at + 1))),
  ];
}

/**
 * `to` with what only a restart can change left as it is in `from`: what a
 * running broker can go on with.
 */
export function withoutRestart(from: Settings, to: Settings): Settings {
  const { mode, path } = from.storage;
  const { profile } = from;
  const { file } = from.admin;
  return {
    ...to,
    profile,
    storage: { ...to.storage, mode, path },
    admin: { ...to.admin, file },
  };
}
