import { dirname } from "node:path";
import type { BrokerState } from "../../broker/mod.ts";
import { partialBackup, StoreError } from "../../store/mod.ts";
import { counted, shownSize, shownTime } from "../console/figures.ts";
import type { StoreCommand } from "./store_options.ts";

/** `dunlin store info`: what is in a store, also while a broker uses it. */
export const info: StoreCommand = async ({ path, shown, state, work }) => {
  const found = await work("Reading the store:", "info", [path]);
  const { sessions, entries, retained } = found;
  const row = (name: string, count: number, bytes: number, more: string) =>
    `  ${name.padEnd(9)} ${String(count).padStart(9)} ${
      shownSize(bytes).padStart(11)
    }${more === "" ? "" : `   ${more}`}\n`;
  const queued = entries === 0
    ? ""
    : `${counted(found.queuedMessages, "different message")}, ` +
      `the oldest of ${shownTime(found.oldestMessageAt)}`;
  const broker = await state();
  const text = `${shown}\n` +
    `  ${shownSize(found.fileBytes)} on disk, ` +
    `${shownSize(found.storedBytes)} of it records; ` +
    `schema ${found.schema}; last written ${shownTime(found.committedAt)}\n` +
    row(
      "sessions",
      sessions,
      found.sessionBytes,
      counted(found.subscriptions, "subscription"),
    ) +
    row("queued", entries, found.queuedBytes, queued) +
    row("retained", retained, found.retainedBytes, "") +
    (broker === null ? "" : writtenLine(broker)) +
    found.setAside.map((aside) =>
      `  damaged, renamed by an earlier start: ${aside}\n`
    )
      .join("");
  return { text, json: { path, ...found, ...writtenOf(broker) } };
};

/** The figures of wear, for a program; none without a broker that runs. */
function writtenOf(broker: BrokerState | null): object {
  if (broker === null) return {};
  return {
    written: {
      today: broker.written_today,
      log: broker.written_log,
      cleaning: broker.written_cleaning,
      journal: broker.written_journal,
      snapshots: broker.written_snapshots,
    },
  };
}

function writtenLine(broker: BrokerState): string {
  const kinds = [
    ["log", broker.written_log],
    ["cleaning", broker.written_cleaning],
    ["journal", broker.written_journal],
    ["snapshots", broker.written_snapshots],
  ] as const;
  const parts = kinds.filter(([name, bytes]) => name === "log" || bytes > 0)
    .map(([name, bytes]) => `${name} ${shownSize(bytes)}`);
  return `  written   ${
    shownSize(broker.written_today)
  } today; since the start ` +
    `of the broker: ${parts.join(", ")}\n`;
}

/**
 * `dunlin store verify`: looks for damage as a start does, also while a broker
 * uses the store.
 */
export const verify: StoreCommand = async ({ path, shown, work }) => {
  // To a start, a store that is not there is an empty one; here it is wrong.
  if (!await isThere(path)) {
    throw new StoreError("missing", `there is no store at ${path}`);
  }
  const { schema, head } = await work("Checking:", "verify", [path]);
  const committedAt = head.date ?? head.time;
  const written = committedAt === 0
    ? "nothing is stored yet"
    : `last written ${shownTime(committedAt)}`;
  return {
    text: `${shown} is sound: schema ${schema}, ${written}\n`,
    json: { path, schema, commit: head.commit, committedAt },
  };
};

async function isThere(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/**
 * `dunlin store backup FILE`: writes the store, as of now, to a new file; a
 * broker may use it meanwhile.
 */
export const backup: StoreCommand = async ({ path, file, shown, work }) => {
  const partial = partialBackup(file);
  const part = async () => {
    // Only what is needed is copied, so the bar may end early.
    const whole = await sizeOf(path) + await sizeOf(`${path}-wal`);
    return whole === 0 ? 0 : await sizeOf(partial) / whole;
  };
  await work("Writing the backup:", "backup", [path, file], part);
  const bytes = await sizeOf(file);
  return {
    text: `${file} is a backup of ${shown}: ${shownSize(bytes)}, checked\n`,
    json: { path, file, bytes },
  };
};

/**
 * `dunlin store restore FILE`: puts a backup in place of the store, which no
 * broker may use. The store that was there is kept beside it.
 */
export const restore: StoreCommand = async ({ path, file, shown, work }) => {
  await makeFolder(dirname(path));
  const kept = await work("Restoring:", "restore", [file, path]);
  const before = kept === null ? "" : `; the old store is kept as ${kept}`;
  return {
    text: `${shown} is restored from ${file}${before}\n`,
    json: { path, file, kept },
  };
};

/** On a new machine there is nothing yet where the store belongs. */
async function makeFolder(path: string): Promise<void> {
  try {
    await Deno.mkdir(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new StoreError(
      "failing",
      `the folder ${path} cannot be made: ${(error as Error).message}`,
      error,
    );
  }
}

/**
 * `dunlin store compact`: makes the store, which no broker may use, as small
 * as it can be.
 */
export const compact: StoreCommand = async ({ path, shown, work }) => {
  const before = await sizeOf(path);
  await work("Compacting:", "compact", [path]);
  const after = await sizeOf(path);
  return {
    text: `${shown}: ${shownSize(before)} before, ${shownSize(after)} now\n`,
    json: { path, bytesBefore: before, bytes: after },
  };
};

async function sizeOf(file: string): Promise<number> {
  return await Deno.stat(file).then(({ size }) => size, () => 0);
}
