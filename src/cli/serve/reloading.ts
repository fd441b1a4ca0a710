import type { Broker } from "../../broker/mod.ts";
import type { Clock } from "../../clock/mod.ts";
import {
  describeProblem,
  type SettingChange,
  SettingsError,
} from "../../config/mod.ts";
import { type FileWatch, watchFiles } from "../../files/mod.ts";
import type { LogEvent } from "../log/event_log.ts";
import { type ReadSettings, readSettings } from "../settings/read_settings.ts";
import type { ServeOptions } from "../settings/serve_options.ts";
import type { ServiceManager } from "./service_manager.ts";
import { startCode, startError } from "../settings/start_error.ts";

/** Parts of `Reloading`. */
export interface ReloadingParts {
  readonly broker: Broker;
  readonly options: ServeOptions;
  /** As at the start: a process cannot be given other variables. */
  readonly environment: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly log: LogEvent;
  /** Hears when a reload begins and ends; null without a service manager. */
  readonly manager: Pick<ServiceManager, "reloading" | "ready"> | null;
  /** Called when other settings are in force; must not throw. */
  readonly onReload: () => void | Promise<void>;
}

/**
 * Reloads the settings of a broker when one of its files changes, and on
 * request. Unusable settings change nothing and are logged.
 */
export class Reloading {
  readonly #parts: ReloadingParts;
  /** Files that the settings were read from, as of the last time. */
  #files: readonly string[];
  #watched = "";
  #watch: FileWatch | null = null;
  #isOver = false;
  #last: Promise<void> = Promise.resolve();
  /** Causes of the reload that waits for its turn; null when none waits. */
  #causes: Set<string> | null = null;

  /** When the files were begun to be read (ms since 1970). */
  #readAt: number;

  /** `read`: what the broker was started with, `readAt` ms since 1970. */
  constructor(parts: ReloadingParts, read: ReadSettings, readAt: number) {
    this.#parts = parts;
    this.#files = read.files;
    this.#readAt = readAt;
  }

  /** Watches the files from now on; resolves when it does. Never rejects. */
  begin(): Promise<void> {
    return this.#inTurn(() => this.#follow());
  }

  /**
   * Reads everything again, because of `cause`. Never rejects. A reload that
   * waits for its turn serves all later causes: it reads what they changed.
   */
  reload(cause: string): Promise<void> {
    if (this.#causes !== null) {
      this.#causes.add(cause);
      return this.#last;
    }
    const causes = this.#causes = new Set([cause]);
    return this.#inTurn(async () => {
      this.#causes = null;
      const { manager } = this.#parts;
      manager?.reloading();
      await this.#reload([...causes].join(", "));
      // Also after a refusal: the broker serves by the settings in force.
      manager?.ready();
      await this.#follow();
    });
  }

  /** Ends the watch; no reload begins any more. */
  stop(): void {
    this.#isOver = true;
    this.#watch?.close();
  }

  #inTurn(work: () => Promise<void>): Promise<void> {
    return this.#last = this.#last.then(async () => {
      if (!this.#isOver) await work();
    });
  }

  /** Watches what the settings in force were read from. */
  async #follow(): Promise<void> {
    for (;;) {
      const { broker, clock } = this.#parts;
      const files = [...new Set([...this.#files, ...broker.accessFiles])];
      const watched = files.join("\0");
      if (watched === this.#watched || this.#isOver) return;
      this.#watched = watched;
      this.#watch?.close();
      this.#watch = await watchFiles(files, clock, (changed) => {
        this.reload(changed.join(", "));
      });
      if (this.#isOver) return this.#watch.close();
      // The watch misses changes between reading and watching.
      if (await wereTouched(files, this.#readAt)) await this.#reload(null);
    }
  }

  /** `cause` is null when it is only to make sure: then no news is no event. */
  async #reload(cause: string | null): Promise<void> {
    const { broker, options, environment, log, onReload } = this.#parts;
    const because = cause === null ? "the beginning of the watch" : cause;
    this.#readAt = this.#parts.clock.date();
    broker.reloadBegins();
    try {
      const read = await readSettings(options, environment);
      const changes = await broker.reload(read.settings);
      this.#files = read.files;
      await onReload();
      if (cause === null && changes.length === 0) return;
      this.#tell(because, changes);
    } catch (error) {
      const code = startCode(error);
      for (const text of textsOf(error)) {
        log("error", "reload-refused", { because, code, error: text });
      }
    }
  }

  #tell(because: string, changes: readonly SettingChange[]): void {
    const { log } = this.#parts;
    for (const { path, from, to, effect } of changes) {
      const details = { setting: path, from, to };
      if (effect === "restart") log("warn", "needs-restart", details);
      else log("info", "changed", details);
    }
    log("info", "reloaded", { because, changes: changes.length });
  }
}

/** Times of files are that much behind (ms): their clocks tick slowly. */
const TICK = 3_000;

/** Returns whether one of `files` may have been written since `time`. */
async function wereTouched(
  files: readonly string[],
  time: number,
): Promise<boolean> {
  for (const file of files) {
    try {
      const { mtime } = await Deno.stat(file);
      if (mtime === null || mtime.getTime() >= time - TICK) return true;
    } catch {
      return true;
    }
  }
  return false;
}

/** Returns what is wrong, each thing with its place. */
function textsOf(error: unknown): string[] {
  const stays = "the settings in force stay";
  if (error instanceof SettingsError) {
    return error.problems.map((one) => `${describeProblem(one)}; ${stays}`);
  }
  return [`${startError(error)}; ${stays}`];
}
