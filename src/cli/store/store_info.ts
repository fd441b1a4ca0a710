import { counted, shownSize, shownTime } from "./figures.ts";
import type { StoreCommand } from "./store_options.ts";

/** `dunlin store info`: what is in a store, also while a broker uses it. */
export const info: StoreCommand = async ({ path, shown, work }) => {
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
    found.setAside.map((aside) => `  damaged, set aside by a start: ${aside}\n`)
      .join("");
  return { text, json: { path, ...found } };
};
