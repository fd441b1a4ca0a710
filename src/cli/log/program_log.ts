import type { BrokerLog } from "../../broker/mod.ts";
import type { Clock } from "../../clock/mod.ts";
import { completeSettings, type LogSettings } from "../../config/mod.ts";
import type { ErrorCode } from "../../errors/mod.ts";
import { Outlet, type OutletStream } from "../console/outlet.ts";
import { shownLines } from "../console/shown_text.ts";
import { EventLog, type LogDetails, type LogEvent } from "./event_log.ts";
import { LogOutput } from "./log_output.ts";

/** Streams of a program. */
export interface ProgramStreams {
  /** Standard output: lines for a person. */
  readonly out: OutletStream;
  /** Standard error: the log. */
  readonly err: OutletStream;
}

/**
 * The log of a broker, and its words for a person. Nothing here waits for a
 * reader or a disk, and nothing throws.
 */
export class ProgramLog {
  readonly #out: Outlet;
  readonly #output: LogOutput;
  readonly #events: EventLog;
  #settings: LogSettings = completeSettings().log;

  /** Begins with the default settings, on standard error. */
  constructor({ out, err }: ProgramStreams, clock: Clock) {
    const gap = (lines: number) =>
      `(${lines} lines could not be written here)\n`;
    this.#out = new Outlet(out, clock, gap);
    this.#output = new LogOutput(err, clock, this.#settings);
    this.#events = new EventLog(this.#settings, clock, this.#output.write);
  }

  /** Logs an event. */
  get event(): LogEvent {
    return this.#events.event;
  }

  /** The same log, as a broker uses it. */
  ofBroker(): BrokerLog {
    return this.#events.ofBroker();
  }

  /** Applies other settings; resolves when lines go where they say. */
  async apply(settings: LogSettings): Promise<void> {
    this.#settings = settings;
    this.#events.apply(settings);
    await this.#output.apply(settings);
  }

  /** Opens the log file anew, as the program that has renamed it asks. */
  reopen(): void {
    this.#output.reopen();
  }

  /** Reports start and stop: to people in words, to programs as an event. */
  tell(words: string, event: string, details: LogDetails): void {
    const isJson = this.#settings.format === "json";
    const { isFile } = this.#output;
    if (isJson || isFile) this.event("info", event, details);
    const isShown = !isJson || isFile;
    if (isShown && this.#events.logs("info", "broker")) this.#out.write(words);
  }

  /** Reports why the start or the stop failed; to people on standard error. */
  fails(event: string, code: ErrorCode, error: string): void {
    const isJson = this.#settings.format === "json";
    const { isFile } = this.#output;
    if (isJson || isFile) this.event("error", event, { code, error });
    if (isJson && !isFile) return;
    this.#output.writeError(shownLines(`dunlin: ${error}\n`));
  }

  /** Resolves when all is written or dropped, or after `ms` for each stream. */
  async drain(ms: number): Promise<void> {
    await Promise.all([this.#out.drain(ms), this.#output.drain(ms)]);
  }
}
