import type { Settings } from "../../config/mod.ts";

/** A setting that has another effect than in an earlier version. */
export interface ChangedMeaning {
  /** Its place, as `["limits", "max_inflight"]`. */
  readonly path: readonly (string | number)[];
  /** The first version in which it is so. */
  readonly since: string;
  /** The effect now, and how to get the former one where that is possible. */
  readonly text: string;
}

/** A table of a settings file as it was written. */
type Table = Readonly<Record<string, unknown>>;

/** Finds the settings of a file that one change concerns. */
interface Change {
  readonly since: string;
  readonly text: string;
  readonly find: (given: Table, settings: Settings) => ChangedMeaning["path"][];
}

/** Returns a `find` for a setting outside of lists, wherever it is given. */
function setting(section: string, name: string): Change["find"] {
  return (given) =>
    Object.hasOwn((given[section] ?? {}) as Table, name)
      ? [[section, name]]
      : [];
}

/** Returns a `find` for listeners for which `test` holds; `name` says where. */
function listener(name: string, test: (one: Table) => boolean): Change["find"] {
  return ({ listener = [] }) =>
    (listener as Table[]).flatMap((one, index) =>
      test(one) ? [["listener", index, name]] : []
    );
}

/** All changes, the oldest first. A later version adds its own below. */
const changes: readonly Change[] = [
  {
    since: "0.1.0",
    text: "a relative path begins in the folder of this file, not in the " +
      "folder where dunlin starts",
    find: relativePaths,
  },
  {
    since: "0.1.0",
    text: "a client id belongs to the user of its session; other users are " +
      'refused. client_id_owner = "anyone" in [access] restores the former ' +
      "effect",
    find: (given) =>
      given.auth === undefined ||
        Object.hasOwn((given.access ?? {}) as Table, "client_id_owner")
        ? []
        : [["auth"]],
  },
  {
    since: "0.1.0",
    text:
      'without path a WebSocket listener accepts any path; path = "/mqtt" ' +
      "accepts only that one",
    find: listener(
      "type",
      ({ type, path }) =>
        (type === "websocket" || type === "wss") && path === undefined,
    ),
  },
  {
    since: "0.1.0",
    text: "topics that begin with $ behind the mount point match by name, " +
      "and not by a leading wildcard",
    find: listener(
      "mount_point",
      ({ mount_point }) => mount_point !== undefined,
    ),
  },
  {
    since: "0.1.0",
    text: "the limit also holds for MQTT 3.x clients",
    find: setting("session", "max_expiry"),
  },
  {
    since: "0.1.0",
    text: "the limit also holds for MQTT 3.x clients",
    find: setting("session", "max_keep_alive"),
  },
  {
    since: "0.1.0",
    text: "counts at most a quarter of the disk",
    find: setting("storage", "low_space"),
  },
  {
    since: "0.1.0",
    text: "counts 128 bytes more for each topic level beyond four of a message",
    find: setting("retained", "max_bytes"),
  },
  {
    since: "0.1.0",
    text: "counts a /64 network of IPv6 as one address",
    find: setting("limits", "max_connections_per_address"),
  },
];

/**
 * Returns the settings of a file that have another effect than in an earlier
 * version. `given` is the content of the file, `settings` what it results in.
 */
export function changedMeanings(
  given: Table,
  settings: Settings,
): ChangedMeaning[] {
  return changes.flatMap(({ since, text, find }) =>
    find(given, settings).map((path) => ({ path, since, text }))
  );
}

/** Finds texts that became absolute paths. */
function relativePaths(
  given: unknown,
  settings: unknown,
  path: ChangedMeaning["path"] = [],
): ChangedMeaning["path"][] {
  if (typeof given === "string") {
    const isPath = typeof settings === "string" && settings.startsWith("/") &&
      !/^([~/]|\$\{)/.test(given) && settings !== given;
    return isPath ? [path] : [];
  }
  const isTable = typeof given === "object" && given !== null &&
    typeof settings === "object" && settings !== null;
  if (!isTable) return [];
  return Object.entries(given).flatMap(([name, value]) =>
    relativePaths(value, (settings as Table)[name], [
      ...path,
      Array.isArray(given) ? Number(name) : name,
    ])
  );
}
