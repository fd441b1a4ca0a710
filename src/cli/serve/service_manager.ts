import type { StartedListener } from "../../broker/mod.ts";
import type { Cancel, Clock } from "../../clock/mod.ts";
import { hostAndPort } from "../../network/mod.ts";
import type { LogEvent } from "../log/event_log.ts";
import { type NotifySocket, openNotifySocket } from "./notify_socket.ts";

/** Between two extensions of a time limit of the manager (ms). */
const EXTEND_EVERY = 10_000;

/** Length of one extension: it outlasts a busy machine (ms). */
const EXTENSION = 60_000;

/** Beyond the broker's own limit for its stop: writing the last lines (ms). */
const LAST_STEPS = 10_000;

/** For messages that the manager has not read at the end (ms). */
const LAST_MESSAGES = 1_000;

/** The uptime may have hundredths, rounded down (ms). */
const ROUNDED = 10;

/** The broker, as far as a service manager hears of it. */
export interface ManagedBroker {
  /** Listeners that are open now. */
  readonly listeners: readonly StartedListener[];
  /** Time since the commit under way began (ms); 0 without one. */
  readonly commitAge: number;
}

/** Ports of a `ServiceManager`. */
export interface ServiceManagerPorts {
  readonly clock: Clock;
  readonly log: LogEvent;
  readonly socket: NotifySocket;
  /** `WATCHDOG_USEC` in ms; null without a watchdog. */
  readonly watchdog: number | null;
}

/**
 * Reports the broker's state to the service manager that started it:
 * `READY`, `RELOADING`, `STOPPING`, `STATUS`, and `WATCHDOG` while the event loop
 * serves sockets and commits end. A commit that fails is no reason to restart:
 * the broker keeps all changes in memory and tries again.
 */
export class ServiceManager {
  readonly #ports: ServiceManagerPorts;
  #broker: ManagedBroker = { listeners: [], commitAge: 0 };
  #extending: Cancel | null = null;
  #pinging: Cancel | null = null;
  /** Later messages would contradict the last one. */
  #isStopping = false;
  /** True if pings stopped because a commit does not end. */
  #isWithheld = false;

  /** Begins to ping; the manager counts from `ready` on. */
  constructor(ports: ServiceManagerPorts) {
    this.#ports = ports;
    this.#pingLater();
  }

  /** `broker` starts: extends the manager's limit for it until `ready`. */
  starting(broker: ManagedBroker): void {
    this.#broker = broker;
    this.#ports.socket.send("STATUS=Starting: restoring the stored state");
    this.#extend();
  }

  /** The listeners accept, and the stored state is restored. */
  ready(): void {
    this.#endExtending();
    if (!this.#isStopping) {
      this.#ports.socket.send("READY=1", this.#listening);
    }
  }

  /** Tells which listeners are open now. */
  listening(): void {
    if (!this.#isStopping) this.#ports.socket.send(this.#listening);
  }

  /** The broker reads its settings again; `ready` ends that. */
  reloading(): void {
    if (this.#isStopping) return;
    const usec = this.#monotonic() * 1000;
    this.#ports.socket.send("RELOADING=1", `MONOTONIC_USEC=${usec}`);
    this.#extend();
  }

  /** The broker stops within `timeout` ms. */
  stopping(timeout: number): void {
    this.#isStopping = true;
    this.#endExtending();
    const usec = (timeout + LAST_STEPS) * 1000;
    this.#ports.socket.send(
      "STOPPING=1",
      "STATUS=Stopping: writing all changes to the disk",
      `EXTEND_TIMEOUT_USEC=${usec}`,
    );
  }

  /** The broker ends because of `reason`, a text of any length. */
  failed(reason: string): void {
    this.#ports.socket.send(`STATUS=${oneLine(reason)}`);
  }

  /** Ends all reports; resolves when they are sent, or after a second. */
  async end(): Promise<void> {
    this.#isStopping = true;
    this.#endExtending();
    this.#pinging?.();
    this.#pinging = null;
    const { clock, socket } = this.#ports;
    // A manager that reads nothing must not keep the process alive.
    const { promise: isLate, resolve } = Promise.withResolvers<void>();
    const cancel = clock.after(LAST_MESSAGES, resolve);
    await Promise.race([socket.sent, isLate]);
    cancel();
    socket.close();
  }

  get #listening(): string {
    const { listeners } = this.#broker;
    const open = listeners.map((one) =>
      `${one.name} ${
        one.type === "unix" ? one.bind : hostAndPort(one.bind, one.port)
      }${one.isWaiting ? " (waits for this address)" : ""}`
    );
    return `STATUS=${oneLine(`Listening: ${open.join(", ")}`)}`;
  }

  /**
   * Returns at least `CLOCK_MONOTONIC` in ms, which the runtime does not offer.
   * A manager compares the time only with the moment of its own SIGHUP, so the
   * uptime serves, although it counts suspensions.
   */
  #monotonic(): number {
    const run = this.#ports.clock.machine();
    return run === null ? Deno.osUptime() * 1000 : run.uptime + ROUNDED;
  }

  #extend(): void {
    this.#endExtending();
    this.#extending = this.#ports.clock.after(EXTEND_EVERY, () => {
      this.#ports.socket.send(`EXTEND_TIMEOUT_USEC=${EXTENSION * 1000}`);
      this.#extend();
    });
  }

  #endExtending(): void {
    this.#extending?.();
    this.#extending = null;
  }

  #pingLater(): void {
    const { clock, watchdog } = this.#ports;
    if (watchdog === null) return;
    this.#pinging = clock.after(watchdog / 2, () => {
      this.#pingLater();
      // Behind the sockets that are ready: a loop of timers alone is no life.
      clock.soon(() => this.#ping(watchdog));
    });
  }

  #ping(watchdog: number): void {
    if (this.#pinging === null) return;
    const { socket, log } = this.#ports;
    const age = this.#broker.commitAge;
    const isHanging = age >= watchdog;
    if (isHanging && !this.#isWithheld) {
      const text = `a commit has not ended for ${Math.floor(age / 1000)} s; ` +
        "unless it ends, the service manager restarts the broker";
      socket.send(`STATUS=${text}`);
      log("error", "watchdog", { code: "commit-hanging", text });
    } else if (!isHanging && this.#isWithheld) this.listening();
    this.#isWithheld = isHanging;
    if (!isHanging) socket.send("WATCHDOG=1");
  }
}

/** A line end would begin another variable of the message. */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+\s*/gu, " ").trim().slice(0, 500);
}

/**
 * Returns the service manager that `environment` names in `NOTIFY_SOCKET`; null
 * where it cannot be reached, which is logged.
 */
export function openServiceManager(
  environment: Readonly<Record<string, string>>,
  ports: Omit<ServiceManagerPorts, "socket" | "watchdog">,
): ServiceManager | null {
  const address = environment.NOTIFY_SOCKET;
  const trouble = (error: unknown) =>
    ports.log("warn", "service-manager", {
      code: "service-manager-unreachable",
      socket: address,
      error: error instanceof Error ? error.message : String(error),
    });
  try {
    const socket = openNotifySocket(address, trouble);
    const watchdog = watchdogOf(environment, Deno.pid);
    return new ServiceManager({ ...ports, socket, watchdog });
  } catch (error) {
    trouble(error);
    return null;
  }
}

/**
 * Returns the manager's limit between two pings (ms), as sd_watchdog_enabled(3)
 * reads it; null without one, and where it is meant for another process.
 */
export function watchdogOf(
  { WATCHDOG_USEC, WATCHDOG_PID }: Readonly<Record<string, string>>,
  pid: number,
): number | null {
  const usec = Number(WATCHDOG_USEC);
  if (!Number.isSafeInteger(usec) || usec < 1000) return null;
  const isOwn = !WATCHDOG_PID || Number(WATCHDOG_PID) === pid;
  return isOwn ? usec / 1000 : null;
}
