import {
  type AdminAddress,
  Broker,
  type StartedListener,
} from "../../broker/mod.ts";
import { type Clock, SystemClock } from "../../clock/mod.ts";
import { outliveBroken } from "../../errors/mod.ts";
import {
  isCommandLineMistake,
  type Settings,
  storagePath,
  VERSION,
} from "../../config/mod.ts";
import type { LogDetails, LogEvent } from "../log/event_log.ts";
import { ProgramLog, type ProgramStreams } from "../log/program_log.ts";
import { type ReadSettings, readSettings } from "../settings/read_settings.ts";
import { ReadyReports } from "./ready_reports.ts";
import type { Reloading } from "./reloading.ts";
import type { ServeOptions } from "../settings/serve_options.ts";
import { shownPath } from "../console/shown_path.ts";
import { answerSignals } from "./answer_signals.ts";
import { profileLine } from "../settings/profile_line.ts";
import type { openServiceManager, ServiceManager } from "./service_manager.ts";
import type { Signals } from "./signals.ts";
import { startCode, startError } from "../settings/start_error.ts";
import { adminReport, adminUrl, startReport } from "./start_report.ts";
import { stopFaultText } from "./stop_fault.ts";
import { triedOf } from "./try_lines.ts";

/** For the last lines at a reader that is slow (ms). */
const LAST_LINES = 1_000;

/** Beyond `shutdown.timeout`: what the broker's own stop may be late (ms). */
const GRACE = 500;

/** Ports of `serve`. */
export interface ServePorts extends ProgramStreams {
  /** Signals since the process began. */
  readonly signals: Signals;
}

/**
 * Runs the broker until SIGINT or SIGTERM. Resolves to the exit code: 0 after
 * a stop, 1 when it could not start, could not write all at its end or lost its
 * store to another broker, 2 when only its options are to blame. A stream that
 * is full, slow or closed loses lines of its own and changes nothing else.
 */
export async function serve(
  options: ServeOptions,
  environment: Readonly<Record<string, string>>,
  ports: ServePorts,
): Promise<0 | 1 | 2> {
  const clock = new SystemClock();
  const programLog = new ProgramLog(ports, clock);
  const drain = () => programLog.drain(LAST_LINES);
  const { signals } = ports;
  const parts = { clock, programLog, signals, drain };
  const code = await run(options, environment, parts);
  await drain();
  return code;
}

/** Parts of a run. */
interface RunParts {
  readonly clock: Clock;
  readonly programLog: ProgramLog;
  readonly signals: Signals;
  /** Writes the rest of the output; resolves when that is done, or given up. */
  readonly drain: () => Promise<void>;
}

async function run(
  options: ServeOptions,
  environment: Readonly<Record<string, string>>,
  { clock, programLog, signals, drain }: RunParts,
): Promise<0 | 1 | 2> {
  const log = programLog.event;
  let event = "start-failed";
  const manager = await managerOf(environment, { clock, log });
  try {
    const readAt = clock.date();
    const read = await readSettings(options, environment);
    const { settings } = read;
    await programLog.apply(settings.log);
    const stopped = Promise.withResolvers<Deno.Signal>();
    signals.take("stop", stopped.resolve);
    const store = new StoreWatch(log);
    outliveMistakes(log);
    const broker = new Broker(settings, {
      clock,
      log: programLog.ofBroker(),
      onTaken: (reason) => store.lose(reason),
      onListening: () => {
        ready.writeAgain();
        manager?.listening();
      },
    });
    outliveBroken(broker.onBroken);
    manager?.starting(broker);
    const ready = new ReadyReports(options.readyFile, broker, log);
    // Loaded behind the start, which must not wait for it.
    const loaded = Promise.withResolvers<Reloading>();
    signals.take("reload", async (name) => {
      programLog.reopen();
      (await loaded.promise).reload(name);
    });
    const listeners = await broker.start();
    manager?.ready();
    answerSignals(signals, broker, log, drain);
    await ready.write();
    event = "stop-failed";
    const page = pageOf(broker);
    const scene = { read, listeners, page, environment };
    programLog.tell(report(scene), "ready", readyDetails(scene));
    const { Registration } = await import("../running/register.ts");
    const registration = new Registration(options, environment);
    const socket = registration.socket(broker.settings);
    if (socket !== null) await broker.steering.answerAt(socket);
    const register = () =>
      registration.tell(
        broker.settings,
        broker.steering.admin === null ? null : adminUrl(broker.steering.admin),
      );
    register();
    let isPageOn = page !== null;
    const { Reloading } = await import("./reloading.ts");
    const follower = new Reloading(
      {
        ...{ broker, options, environment, clock, log, manager },
        onReload: async () => {
          await programLog.apply(broker.settings.log);
          const now = pageOf(broker);
          if (now !== null && !isPageOn) {
            const { bind, port } = now;
            programLog.tell(adminReport(now), "admin-on", { bind, port });
          }
          isPageOn = now !== null;
          register();
          await ready.writeAgain();
        },
      },
      read,
      readAt,
    );
    loaded.resolve(follower);
    follower.begin();
    const signal = await Promise.race([stopped.promise, store.lost]);
    follower.stop();
    registration.end();
    if (signal !== null) {
      const words = "Stopping; once more ends it at once.\n";
      programLog.tell(words, "stopping", { signal });
    }
    manager?.stopping(broker.settings.shutdown.timeout + GRACE);
    const fault = await stopFault(broker, store, environment);
    if (fault === null) return 0;
    manager?.failed(fault);
    const isTaken = store.reason !== null;
    const code = isTaken ? "store-taken" : "store-unwritten";
    programLog.fails(event, code, fault);
    return 1;
  } catch (error) {
    const reason = startError(error);
    manager?.failed(reason);
    programLog.fails(event, startCode(error), reason);
    return isCommandLineMistake(error) ? 2 : 1;
  } finally {
    await manager?.end();
  }
}

/** Returns the manager that started this process as a service, if one did. */
async function managerOf(
  environment: Readonly<Record<string, string>>,
  ports: Parameters<typeof openServiceManager>[1],
): Promise<ServiceManager | null> {
  if (!environment.NOTIFY_SOCKET) return null;
  const { openServiceManager } = await import("./service_manager.ts");
  return openServiceManager(environment, ports);
}

/** Notices when another broker takes the store, also while this one stops. */
class StoreWatch {
  readonly #log: LogEvent;
  readonly #lost = Promise.withResolvers<null>();
  #reason: string | null = null;

  constructor(log: LogEvent) {
    this.#log = log;
  }

  /** Resolves when the store is taken. */
  get lost(): Promise<null> {
    return this.#lost.promise;
  }

  /** Why the store is not this broker's; null while it is. */
  get reason(): string | null {
    return this.#reason;
  }

  /** Logs that another broker has taken the store. */
  lose(reason: string): void {
    this.#reason = reason;
    this.#log("error", "store-taken", { code: "store-taken", error: reason });
    this.#lost.resolve(null);
  }
}

/** Stops the broker; returns what went wrong, and null when nothing did. */
async function stopFault(
  broker: Broker,
  store: StoreWatch,
  environment: Readonly<Record<string, string>>,
): Promise<string | null> {
  const { settings } = broker;
  const { timeout } = settings.shutdown;
  const isWhole = await within(timeout, broker);
  return stopFaultText({
    timeout,
    isWhole,
    unwritten: broker.unwritten,
    path: storagePath(settings, environment),
    // The last commit of all may be the one that finds it taken.
    taken: store.reason,
  });
}

/**
 * Logs errors that nothing caught. They end nothing: the broker has other
 * clients to serve.
 */
function outliveMistakes(log: LogEvent): void {
  // A package that writes by itself would wait for the reader of standard error.
  for (const name of ["log", "info", "warn", "error", "debug"] as const) {
    console[name] = (...all: unknown[]) =>
      log("warn", "runtime", { text: textOf(all) });
  }
  const tell = (event: Event, error: unknown) => {
    event.preventDefault();
    const text = error instanceof Error ? error.stack ?? error.message : error;
    const code = "internal-error";
    log("error", "failed", { client: null, code, error: String(text) });
  };
  globalThis.addEventListener("error", (event) => tell(event, event.error));
  globalThis.addEventListener(
    "unhandledrejection",
    (event) => tell(event, event.reason),
  );
}

/** Characters of a text that a package writes. */
const MOST_TEXT = 4_000;

/** Returns what `console` would write, about; it must not throw. */
function textOf(all: readonly unknown[]): string {
  try {
    return all.map(String).join(" ").slice(0, MOST_TEXT);
  } catch {
    return "(an object without a text)";
  }
}

/**
 * Stops `broker` in `timeout` ms, or leaves it, and says whether it has
 * stopped. This timer also keeps the process alive meanwhile, which the
 * broker's own timers do not.
 */
async function within(timeout: number, broker: Broker): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const bound = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), timeout + GRACE);
  });
  const stopped = broker.stop(timeout).then(() => true);
  const hasStopped = await Promise.race([stopped, bound]);
  clearTimeout(timer);
  return hasStopped;
}

/** Where the admin page is, and the file by which clients trust it. */
type Page = AdminAddress & { readonly trustFile: string | null };

function pageOf({ steering: { admin, adminTrust } }: Broker): Page | null {
  return admin && { ...admin, trustFile: adminTrust?.file ?? null };
}

/** The result of a start. */
interface Scene {
  readonly read: ReadSettings;
  readonly listeners: readonly StartedListener[];
  readonly page: Page | null;
  readonly environment: Readonly<Record<string, string>>;
}

/** Returns the fields of the event; they are logged, so no secret is among them. */
function readyDetails(
  { read, listeners, page, environment }: Scene,
): LogDetails {
  const words = ({ name, bind, port, isWaiting }: StartedListener) =>
    `${name} ${bind} ${port}${isWaiting ? " (waiting)" : ""}`;
  return {
    version: VERSION,
    listeners: listeners.map(words).join(", "),
    admin: page === null ? undefined : `${page.bind} ${page.port}`,
    storage: storageLine(read.settings, environment),
    profile: profileLine(read),
  };
}

function report(
  { read: { settings, file, memory }, listeners, ...rest }: Scene,
): string {
  const { page, environment } = rest;
  return startReport({
    version: VERSION,
    listeners: listeners.map((one, index) => ({
      ...one,
      tried: triedOf(settings, index),
      path: settings.listener[index].path,
      asksCertificate: !["off", "optional"]
        .includes(settings.listener[index].client_certificates),
    })),
    storage: storageLine(settings, environment),
    profile: profileLine({ settings, memory }),
    admin: page ?? undefined,
    file,
    isFilePassedOver: file === undefined && isThere("dunlin.toml"),
  });
}

/** Returns what is promised, and where the store is. */
function storageLine(
  settings: Settings,
  environment: Readonly<Record<string, string>>,
): string {
  const { mode } = settings.storage;
  if (mode === "memory") return "memory: nothing outlives the broker";
  const path = storagePath(settings, environment);
  return `${mode}, in ${shownPath(path, environment.HOME)}`;
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
