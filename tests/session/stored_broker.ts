import assert from "node:assert/strict";
import { silentLog } from "../../src/broker/status/broker_log.ts";
import { Alarms } from "../../src/broker/status/alarms.ts";
import { listenerOptions } from "../../src/broker/listeners/listener_options.ts";
import { sessionOptions } from "../../src/broker/session_options.ts";
import { Storage } from "../../src/broker/storage.ts";
import {
  completeSettings,
  type PartialSettings,
} from "../../src/config/mod.ts";
import { Router } from "../../src/router/mod.ts";
import { type Authenticator, Unasked } from "../../src/security/mod.ts";
import {
  type Connection,
  type ConnectionEnd,
  Context,
  Counters,
  openConnection,
  Registry,
} from "../../src/session/mod.ts";
import {
  type Restorer,
  type StorageMode,
  StoreError,
} from "../../src/store/mod.ts";
import { memoryPair } from "../../src/transport/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import type { ConnectOptions, Version } from "../support/packets.ts";
import { activity, settle } from "../support/settle.ts";
import { WireClient } from "../support/wire_client.ts";
import { StubStore } from "./stub_store.ts";

/** How a test wants it; everything else is the default. */
export interface StoredBrokerOptions {
  readonly limits?: PartialSettings["limits"];
  readonly session?: PartialSettings["session"];
  readonly protocol?: PartialSettings["protocol"];
  /** @default one that lets everybody in at once */
  readonly authenticator?: Authenticator;
  /** Topic filters whose messages are not stored. */
  readonly volatile?: readonly string[];
  /** What the store has from a run before. */
  readonly restore?: (into: Restorer) => void;
  /** What a store opened before that restores until its damage shows. */
  readonly damaged?: (into: Restorer) => void;
}

/** A store whose loading ends with an error after `restore`. */
function broken(
  mode: StorageMode,
  restore: (into: Restorer) => void,
): StubStore {
  const store = new StubStore(mode);
  // One that could not be loaded commits nothing.
  store.willing = false;
  store.restore = (into) => {
    restore(into);
    throw new StoreError("corrupt", "the test says so");
  };
  return store;
}

/** Sessions and connections around a store that the test moves by hand. */
export class StoredBroker {
  readonly clock = new ManualClock();
  readonly counters = new Counters();
  /** Clients closed because of a limit, as the log was told. */
  readonly limits: string[] = [];
  /** Alarms and their ends, as the log was told. */
  readonly alarms: string[] = [];
  readonly store: StubStore;
  readonly #context: Context;
  readonly #registry: Registry;
  readonly #storage: Storage;
  readonly #listener;
  readonly #connections = new Set<Connection>();
  /** Errors inside that it survived; a test wants none. */
  readonly failures: unknown[] = [];

  constructor(mode: StorageMode, options: StoredBrokerOptions = {}) {
    const settings = completeSettings({
      limits: options.limits ?? {},
      session: options.session ?? {},
      protocol: options.protocol ?? {},
    });
    const log = {
      ...silentLog,
      connected() {},
      closed: (_: unknown, { reason, limit }: ConnectionEnd) => {
        if (limit !== null) this.limits.push(`${reason}: ${limit}`);
      },
      failed: (...all: unknown[]) => this.failures.push(all),
      trouble: (what: string, error: Error) => {
        this.alarms.push(`${what}: ${error.message}`);
      },
      recovered: (what: string, lasted: number) => {
        this.alarms.push(`${what} lasted ${lasted} ms`);
      },
    };
    const router = new Router({ volatile: options.volatile ?? [] });
    this.#listener = listenerOptions(settings.listener[0]);
    this.#context = new Context({
      options: sessionOptions(settings),
      router,
      authenticator: options.authenticator ?? new Unasked(() => true),
      authorizer: null,
      clock: this.clock,
      counters: this.counters,
      random: Math.random,
      log,
    });
    this.#registry = new Registry(this.#context);
    this.store = new StubStore(mode);
    if (options.restore !== undefined) this.store.restore = options.restore;
    const alarms = new Alarms(router, log, this.clock);
    const { damaged } = options;
    this.#storage = new Storage(
      damaged === undefined ? this.store : broken(mode, damaged),
      this.#registry,
      alarms,
      this.#connections,
      () => () => Promise.resolve(this.store),
    );
  }

  /** Restores; before the first client. */
  async start(): Promise<void> {
    await this.#storage.start();
  }

  /** A connection that has said nothing yet. */
  open(version: Version): WireClient {
    const [mine, stream] = memoryPair();
    const connection = openConnection(
      { stream, peer: { hostname: "memory", port: 0 } },
      this.#listener,
      this.#registry,
      () => this.#connections.delete(connection),
    );
    this.#connections.add(connection);
    connection.start();
    return new WireClient(mine, version);
  }

  /** Connects; the store must be willing. */
  async connect(
    version: Version,
    options: ConnectOptions | string,
  ): Promise<WireClient> {
    const client = this.open(version);
    await client.send(client.packets.connect(
      typeof options === "string" ? { clientId: options } : options,
    ));
    await client.expectAck(2, 0, 0);
    return client;
  }

  /** Moves time on, and lets the broker do what fell due. */
  async advance(ms: number): Promise<void> {
    await settle();
    this.clock.advance(ms);
    activity.count++;
    await settle();
  }

  /** Commits fail from now on, or work again; the broker has noticed. */
  async setFull(isFull: boolean): Promise<void> {
    this.store.health = isFull ? "full" : "ok";
    this.store.isStuck = isFull;
    await this.advance(1000);
  }

  /** Space is short from now on, but commits work; the broker has noticed. */
  async setShort(isShort: boolean): Promise<void> {
    this.store.health = isShort ? "full" : "ok";
    await this.advance(1000);
  }

  /** Estimated bytes of V8's heap that state of clients takes. */
  get heap(): number {
    return this.#context.router.heap.used;
  }

  /** Connections with answers that wait for the disk. */
  get late(): number {
    return this.#context.durability.waiting;
  }

  /** Ends all that is left; nothing may have failed inside. */
  async stop(): Promise<void> {
    for (const connection of this.#connections) connection.release();
    this.#context.deadlines.stop();
    await this.#storage.close();
    assert.deepEqual(this.failures, [], "the broker failed inside");
  }
}

/** A named test with a broker of its own, which is stopped in the end. */
export function stored(
  name: string,
  mode: StorageMode,
  body: (broker: StoredBroker) => Promise<void>,
  options: StoredBrokerOptions = {},
): void {
  Deno.test(`${name} (${mode})`, async () => {
    const broker = new StoredBroker(mode, options);
    await broker.start();
    try {
      await body(broker);
    } finally {
      await broker.stop();
    }
  });
}
