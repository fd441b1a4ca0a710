import type { Clock } from "../../clock/mod.ts";
import type { LogLevel, LogSettings } from "../../config/mod.ts";
import { Outlet, type OutletStream } from "../console/outlet.ts";
import { eventLine, type LogDetails } from "./event_log.ts";
import type { LogFile, LogFileReports } from "./log_file.ts";

/** For lines that a former log file has not taken yet (ms). */
const LAST_LINES = 1_000;

/** A log file and the lines that wait for it. */
interface FileOutput {
  readonly path: string;
  readonly file: LogFile;
  readonly outlet: Outlet;
}

/**
 * Writes log lines to standard error, or to the file of the settings. A file
 * that cannot be written is reported on standard error; its lines are dropped
 * and counted until it can.
 */
export class LogOutput {
  /** Standard error. */
  readonly #err: Outlet;
  readonly #clock: Clock;
  #settings: LogSettings;
  #output: FileOutput | null = null;

  /** Begins with standard error, whatever the settings: `apply` opens the file. */
  constructor(err: OutletStream, clock: Clock, settings: LogSettings) {
    this.#err = this.#outletOf(err, clock);
    this.#clock = clock;
    this.#settings = settings;
  }

  /** Queues `line`, which ends in a line end. */
  readonly write = (line: string): void => {
    (this.#output === null ? this.#err : this.#output.outlet).write(line);
  };

  /** Queues text for a person on standard error. */
  readonly writeError = (text: string): void => this.#err.write(text);

  /** Whether lines go to a file. */
  get isFile(): boolean {
    return this.#output !== null;
  }

  /** Applies other settings. Lines queued so far go where they would have gone. */
  async apply(settings: LogSettings): Promise<void> {
    this.#settings = settings;
    const { file: path } = settings;
    const before = this.#output;
    if (path === (before?.path ?? "")) {
      if (before !== null) before.file.limits = settings;
      return;
    }
    this.#output = path === "" ? null : await this.#openFile(path);
    // Nothing waits for a file that may take no line.
    before?.outlet.drain(LAST_LINES).then(() => before.file.close());
  }

  /** Opens the log file anew, as the program that has renamed it asks. */
  reopen(): void {
    if (this.#output === null) return;
    const { file, outlet } = this.#output;
    file.reopen().then(() => outlet.retry());
  }

  /** Resolves when all lines are written or dropped, or after `ms`. */
  async drain(ms: number): Promise<void> {
    await this.#output?.outlet.drain(ms);
    // The file's end may have added a line.
    await this.#err.drain(ms);
  }

  async #openFile(path: string): Promise<FileOutput> {
    const { LogFile } = await import("./log_file.ts");
    const reports = this.#reportsOf(path);
    const file = new LogFile(path, this.#settings, this.#clock, reports);
    // An empty log shows at once that it works, or that it does not.
    file.reopen();
    return { path, file, outlet: this.#outletOf(file, this.#clock) };
  }

  #outletOf(stream: OutletStream, clock: Clock): Outlet {
    return new Outlet(
      stream,
      clock,
      (lines) => this.#line("warn", "log-gap", { lines }),
    );
  }

  #reportsOf(path: string): LogFileReports {
    const where = `log ${path}`;
    return {
      onTrouble: ({ message }) =>
        this.#err.write(this.#line("warn", "trouble", {
          where,
          code: "log-file-failing",
          error:
            `${message}; log lines are dropped until the file can be written`,
        })),
      onRecovered: (lasted) =>
        this.#err.write(this.#line("warn", "recovered", {
          ...{ where, seconds: lasted / 1000 },
        })),
    };
  }

  #line(level: LogLevel, event: string, details: LogDetails): string {
    const { format } = this.#settings;
    return eventLine(format, this.#clock.date(), level, event, details);
  }
}
