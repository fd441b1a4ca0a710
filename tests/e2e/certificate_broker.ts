import { Broker, type StartedListener } from "../../src/broker/mod.ts";
import { type Clock, SystemClock } from "../../src/clock/mod.ts";
import { completeSettings } from "../../src/config/mod.ts";
import type { PartialSettings, Settings } from "../../src/config/mod.ts";
import type { Authenticator } from "../../src/security/mod.ts";
import { Inbox } from "../support/wait.ts";
import type { Workshop } from "../support/workshop.ts";

/** Listeners of a test, by name. */
export type Listeners = Readonly<
  Record<string, NonNullable<PartialSettings["listener"]>[number]>
>;

/** What else a test may choose. */
export interface CertificateBrokerOptions {
  readonly clock?: Clock;
  readonly authenticator?: Authenticator;
  /** Between two reports under `$SYS`, in ms. @default none */
  readonly sys?: number;
}

/** A broker in this process, on real sockets, with what it logs. */
export class CertificateBroker implements AsyncDisposable {
  readonly #broker: Broker;
  readonly #settingsOf: (listeners: Listeners) => Settings;
  /** Why connections ended, as they do. */
  readonly closed: Inbox<string> = new Inbox("the end of a connection");
  /** What failed, in order. */
  readonly told: Inbox<string> = new Inbox("a warning of the broker");
  /** Alarms that are over. */
  readonly cleared: Inbox<string> = new Inbox("the end of an alarm");
  /** What has come about. */
  readonly noticed: Inbox<string> = new Inbox("a notice of the broker");
  /** Started listeners. */
  listeners: readonly StartedListener[] = [];

  private constructor(
    workshop: Workshop,
    listeners: Listeners,
    { clock = new SystemClock(), authenticator, sys = 0 }:
      CertificateBrokerOptions,
  ) {
    this.#settingsOf = (listeners) =>
      completeSettings({
        storage: { mode: "memory" },
        sys: { interval: sys },
        authority: { path: workshop.path("authority") },
        listener: Object.entries(listeners).map(([name, one]) => ({
          ...{ name, type: "tls", bind: "127.0.0.1", port: 0 },
          ...one,
        })),
      });
    this.#broker = new Broker(this.#settingsOf(listeners), {
      clock,
      authenticator,
      log: {
        logs: () => true,
        event: (_level, event, fields) => {
          const { reason, count, listener, text } = fields;
          if (event === "certificate-renewed" || event === "calendar-set") {
            this.noticed.push(`${event}: ${JSON.stringify(fields)}`);
          }
          // Counts of what was left out are no ends of their own.
          if (reason === undefined || count !== undefined) return;
          this.closed.push(`${reason}`);
          if (reason !== "certificate-refused") return;
          this.told.push(`listener ${listener}: ${text}`);
        },
        failed: (_, error) => this.told.push(`failed: ${error}`),
        trouble: (what, error) => this.told.push(`${what}: ${error.message}`),
        recovered: (what) => this.cleared.push(what),
        tap() {},
      },
    });
  }

  /** Starts one; the authority's folder and its list are the workshop's. */
  static async start(
    workshop: Workshop,
    listeners: Listeners,
    options: CertificateBrokerOptions = {},
  ): Promise<CertificateBroker> {
    const broker = new CertificateBroker(workshop, listeners, options);
    broker.listeners = await broker.#broker.start();
    return broker;
  }

  /** The port of the listener with this name. */
  port(name: string): number {
    return this.listeners.find((one) => one.name === name)!.port;
  }

  /** Reads all certificates and lists again. */
  reload(): Promise<void> {
    return this.#broker.reloadCertificates();
  }

  /** Goes over to other listeners; all of them or none. */
  async change(listeners: Listeners): Promise<void> {
    await this.#broker.reload(this.#settingsOf(listeners));
    this.listeners = this.#broker.listeners;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#broker.stop(1000);
  }
}
