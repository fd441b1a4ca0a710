import type { Cancel } from "../../clock/mod.ts";
import type { LogCategory, LogLevel } from "../../config/mod.ts";
import type { BrokerLog, LoggedEvent } from "./broker_log.ts";

/** Events that are kept, and characters of their JSON: one answer holds all. */
const MOST_EVENTS = 500;
const MOST_CHARACTERS = 256 * 1024;

/** An event with its number since the tail began, from 1. */
export interface TailEvent extends LoggedEvent {
  readonly id: number;
}

/** Selects events. */
export interface TailQuery {
  /** Only events behind this number; 0 for all. */
  readonly after: number;
  /** The least severe level. */
  readonly level: LogLevel;
  /** Only this category; null for all. */
  readonly category: LogCategory | null;
}

/** Events for a reader. */
export interface TailPage {
  /** The oldest first. */
  readonly events: readonly TailEvent[];
  /** Number to continue behind. */
  readonly last: number;
  /** Events behind `after` that were dropped before the reader came. */
  readonly missed: number;
}

/**
 * The last events of the log, for readers that follow it. Nothing is kept before
 * `begin` or the first reader. A slow reader costs nothing: it reads when it can,
 * and learns how many events it missed.
 */
export class LogTail {
  readonly #log: Pick<BrokerLog, "tap">;
  readonly #readers = new Set<() => void>();
  #isOn = false;
  /** The events with the highest numbers. */
  #events: TailEvent[] = [];
  #characters = 0;
  #last = 0;

  /** Takes the only tap of `log` when the first reader comes. */
  constructor(log: Pick<BrokerLog, "tap">) {
    this.#log = log;
  }

  /** Keeps events from now on. */
  begin(): void {
    if (this.#isOn) return;
    this.#isOn = true;
    this.#log.tap((event) => this.#add(event));
  }

  /**
   * Calls `onEvent` at each further event; it must neither throw nor log.
   * Returns what ends that.
   */
  follow(onEvent: () => void): Cancel {
    this.begin();
    // One function may follow twice.
    const reader = () => onEvent();
    this.#readers.add(reader);
    return () => void this.#readers.delete(reader);
  }

  /** Returns the next events for a reader. */
  read({ after, level, category }: TailQuery): TailPage {
    this.begin();
    const first = this.#last - this.#events.length + 1;
    // A reader from before a restart may know higher numbers.
    const from = Math.min(after, this.#last);
    const severity = LEVELS.indexOf(level);
    const events = this.#events.filter((event) =>
      event.id > from && LEVELS.indexOf(event.level) <= severity &&
      (category === null || event.category === category)
    );
    const missed = Math.max(0, first - 1 - from);
    return { events, last: this.#last, missed };
  }

  /** Ends it, and forgets all events. */
  stop(): void {
    this.#isOn = false;
    this.#log.tap(null);
    this.#readers.clear();
    this.#events = [];
    this.#characters = 0;
  }

  #add(event: LoggedEvent): void {
    this.#events.push({ ...event, id: ++this.#last });
    this.#characters += event.json.length;
    while (
      this.#events.length > MOST_EVENTS || this.#characters > MOST_CHARACTERS
    ) this.#characters -= this.#events.shift()!.json.length;
    for (const reader of this.#readers) reader();
  }
}

/** From the most severe on. */
const LEVELS: readonly LogLevel[] = ["error", "warn", "info", "debug"];
