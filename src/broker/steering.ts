import type { Clock } from "../clock/mod.ts";
import type { Settings } from "../config/mod.ts";
import type { Registry } from "../session/mod.ts";
import type { Trust } from "./certificates/automatic_certificate.ts";
import type { AdminAddress } from "./admin/admin_part.ts";
import { AdminSwitch } from "./admin_switch.ts";
import type { StartThread } from "./admin/admin_thread.ts";
import type { Control } from "./control/control.ts";
import { openControl } from "./control/open_control.ts";
import type { Figures } from "./figures/figures.ts";
import { KeptFigures } from "./figures/kept_figures.ts";
import type { ConnectionLog } from "./listeners/connection_log.ts";
import type { ListenerManager } from "./listeners/listener_manager.ts";
import type { Prepared, Reloadable } from "./reload.ts";
import type { BrokerLog } from "./status/broker_log.ts";
import { type BrokerState, brokerState } from "./status/broker_state.ts";
import type { RepeatedTroubles } from "./status/repeated_troubles.ts";
import type { Traces } from "./trace/traces.ts";

/** The parts of a broker that are shown and steered. */
export interface SteeringParts {
  readonly registry: Registry;
  /** The settings in force. */
  readonly settings: () => Settings;
  readonly figures: Figures;
  readonly listenerManager: ListenerManager;
  readonly clock: Clock;
  readonly log: BrokerLog;
  readonly connections: ConnectionLog;
  readonly troubles: RepeatedTroubles;
  /** Starts the thread of the admin page. @default that of the program */
  readonly startAdminThread: StartThread | undefined;
}

/**
 * The ways in which people and programs see and steer a running broker: history
 * of figures, message traces, control socket and admin page. Each loads its code
 * when it is first used.
 */
export class Steering implements Reloadable {
  readonly #parts: SteeringParts;
  readonly #admin: AdminSwitch;
  #control: Control | null = null;
  #traces: Promise<Traces> | null = null;
  #isStopped = false;
  /** The history of figures, for those that ask for it. */
  readonly figures: KeptFigures;

  /** Opens nothing yet. */
  constructor(parts: SteeringParts) {
    const { registry, figures, startAdminThread } = parts;
    this.#parts = parts;
    this.figures = new KeptFigures({ context: registry.context, figures });
    this.#admin = new AdminSwitch(() => ({
      ...parts,
      ...this.#shown,
      listeners: () => parts.listenerManager.listeners,
    }), startAdminThread);
  }

  /** Where the admin page is; null while it is off. */
  get admin(): AdminAddress | null {
    return this.#admin.address;
  }

  /** The file by which clients trust the admin page; null where none does. */
  get adminTrust(): Trust | null {
    return this.#admin.trust;
  }

  /** Serves the admin page if `settings` want it; rejects with `AdminError`. */
  async start(settings: Settings): Promise<void> {
    await this.#admin.start(settings);
  }

  /** The same for changed settings. */
  async prepare(settings: Settings): Promise<Prepared> {
    return await this.#admin.prepare(settings);
  }

  /**
   * Answers questions at the socket file `path`, in a folder of this user alone,
   * until the stop. Never rejects: the log says why there is no such file.
   */
  async answerAt(path: string): Promise<void> {
    if (Deno.build.os === "windows" || this.#control !== null) return;
    const { registry, settings, clock, troubles } = this.#parts;
    const state = () => this.state;
    const shown = { registry, settings, clock, state, ...this.#shown };
    const control = await openControl(path, shown, troubles);
    if (this.#isStopped) control?.close();
    else this.#control = control;
  }

  /** Returns the message traces, loaded when they are first asked for. */
  traces(): Promise<Traces> {
    return this.#traces ??= this.#loadTraces();
  }

  async #loadTraces(): Promise<Traces> {
    const { Traces } = await import("./trace/traces.ts");
    const { registry: { context }, listenerManager } = this.#parts;
    return new Traces({ context, connections: listenerManager.connections });
  }

  /** Counts of the present state, for the log. */
  get state(): BrokerState {
    return brokerState(this.#parts.figures.read());
  }

  /** Ends all of them for good. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    (await this.#traces)?.close();
    await this.#control?.close();
    this.#control = null;
    this.#admin.stop();
    this.figures.stop();
  }

  /** The same for each who asks. */
  get #shown() {
    return { figures: this.figures, traces: () => this.traces() };
  }
}
