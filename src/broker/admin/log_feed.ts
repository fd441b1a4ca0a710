import type { LogPage, LogRequest } from "../../admin/protocol/mod.ts";
import type { Cancel } from "../../clock/mod.ts";
import type { LogTail } from "../status/log_tail.ts";
import type { HandlerParts } from "./admin_parts.ts";

/** From an event to the message about all that came meanwhile (ms). */
const GATHER = 100;

/** Parts of a feed. */
export type LogFeedParts = Pick<
  HandlerParts,
  "clock" | "logTail" | "push" | "registry"
>;

/** Pushes the events of the log to the admin page, while it reads them. */
export class LogFeed {
  readonly #parts: LogFeedParts;
  /** Ends the notices of events; null while the page reads none. */
  #end: Cancel | null = null;
  #sending: Cancel | null = null;
  /** The number of the last event that was pushed. */
  #last = 0;

  constructor(parts: LogFeedParts) {
    this.#parts = parts;
  }

  /** Begins to push, or ends it. */
  set isRead(isRead: boolean) {
    if (isRead === (this.#end !== null)) return;
    if (!isRead) {
      this.#end!();
      this.#end = null;
      this.#sending?.();
      this.#sending = null;
      return;
    }
    // The first message has all events: readers leave out those they have.
    this.#last = 0;
    this.#end = this.#parts.logTail.follow(() => this.#soon());
    this.#soon();
  }

  #soon(): void {
    this.#sending ??= this.#parts.clock.after(GATHER, () => this.#send());
  }

  #send(): void {
    this.#sending = null;
    const { logTail, push, registry } = this.#parts;
    registry.context.faults.survive("the admin page misses log events", () => {
      const page = logPage({ after: this.#last, level: "debug" }, logTail);
      if (page.last === this.#last) return;
      this.#last = page.last;
      push("logs", page);
    });
  }
}

/** Returns the next events of the log behind `after`. */
export function logPage(
  { after, level, category }: LogRequest,
  tail: LogTail,
): LogPage {
  const query = { after, level, category: category ?? null };
  const { events, ...page } = tail.read(query);
  const rows = events.map(({ id, level, category, json }) => ({
    ...{ id, level, category, json },
  }));
  return { ...page, rows };
}
