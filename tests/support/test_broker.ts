import assert from "node:assert/strict";
import {
  type EventFields,
  type OnLogged,
  silentLog,
} from "../../src/broker/status/broker_log.ts";
import { Broker } from "../../src/broker/mod.ts";
import { completeSettings } from "../../src/config/mod.ts";
import type {
  ListenerSettings,
  PartialSettings,
  SettingChange,
  Settings,
} from "../../src/config/mod.ts";
import type { Authenticator, Authorizer } from "../../src/security/mod.ts";
import { scrubBuffers } from "../../src/session/output/buffers.ts";
import { memoryPair } from "../../src/transport/mod.ts";
import type { StoreOpener } from "../../src/store/mod.ts";
import type { ByteStream } from "../../src/transport/mod.ts";
import { activity, settle } from "./settle.ts";
import type { ConnectOptions, Version } from "./packets.ts";
import type { ReadPacket } from "./read_packet.ts";
import { WireClient } from "./wire_client.ts";
import { ManualClock } from "./manual_clock.ts";

// Every view into a buffer that lasts too long shows as a changed payload.
scrubBuffers(true);

/** How a test wants its broker; everything else is the default. */
export interface TestBrokerOptions extends Omit<PartialSettings, "listener"> {
  readonly listener?: Partial<ListenerSettings>;
  readonly authenticator?: Authenticator;
  readonly authorizer?: Authorizer;
  /** Bytes of V8's heap for state of clients. */
  readonly heapLimit?: number;
  /** Opens the store, where the mode is not `memory`. */
  readonly storeOpener?: StoreOpener;
}

/** A client that is connected, and the CONNACK it got. */
export interface Connected {
  readonly client: WireClient;
  readonly connack: ReadPacket;
}

function settingsOf(options: TestBrokerOptions): Settings {
  const { listener = {}, ...settings } = options;
  return completeSettings({
    sys: { interval: 0 },
    storage: { mode: "memory" },
    ...settings,
    listener: [{ name: "test", ...listener }],
  });
}

/** A whole broker in this process, without ports, in a time of its own. */
export class TestBroker {
  readonly clock = new ManualClock();
  readonly broker: Broker;
  readonly listener: ListenerSettings;
  /** Errors inside the broker that it survived; a test wants none. */
  readonly failures: unknown[] = [];
  /** Receives the troubles that a test provokes; null while it wants none. */
  onTrouble: ((...all: unknown[]) => void) | null = null;
  /** Events in the log, but those of connections that come and go. */
  readonly events: [level: string, event: string, fields: EventFields][] = [];
  /** Receives what the log hands to its tap; null without one. */
  onLogged: OnLogged | null = null;
  #nextPort = 1;

  /** `$SYS` reports are off unless asked for: they would come unasked. */
  constructor(options: TestBrokerOptions = {}) {
    const {
      authenticator,
      authorizer,
      storeOpener,
      heapLimit,
      listener = {},
      ...settings
    } = options;
    const complete = settingsOf({ ...settings, listener });
    this.listener = complete.listener[0];
    this.broker = new Broker(complete, {
      clock: this.clock,
      authenticator,
      authorizer,
      storeOpener,
      heapLimit,
      log: {
        ...silentLog,
        event: (...all) => this.events.push(all),
        tap: (onLogged) => this.onLogged = onLogged,
        failed: (...all) => this.failures.push(all),
        trouble: (...all) =>
          this.onTrouble === null
            ? this.failures.push(all)
            : this.onTrouble(...all),
      },
    });
  }

  /** A connection that has said nothing yet. */
  open(version: Version, reading = true, hostname = "127.0.0.1"): WireClient {
    const [mine, theirs] = memoryPair();
    this.serve(theirs, hostname);
    return new WireClient(mine, version, reading);
  }

  /** Gives the broker its end of a stream. */
  serve(stream: ByteStream, hostname = "127.0.0.1"): void {
    const peer = { hostname, port: this.#nextPort++ };
    this.broker.serve({ stream, peer }, this.listener);
  }

  /** Connects; the CONNACK must say yes. */
  async join(
    version: Version,
    options: ConnectOptions | string = {},
  ): Promise<Connected> {
    const client = this.open(version);
    await client.send(client.packets.connect(
      typeof options === "string" ? { clientId: options } : options,
    ));
    const connack = await client.receive();
    assert.equal(connack.type, 2, "not a CONNACK");
    assert.equal(connack.code, 0, "the CONNECT was refused");
    return { client, connack };
  }

  /** As `join`, for those who do not look at the CONNACK. */
  async connect(
    version: Version,
    options: ConnectOptions | string = {},
  ): Promise<WireClient> {
    return (await this.join(version, options)).client;
  }

  /** Has the broker go over to other settings; resolves to what changed. */
  async reload(
    options: Omit<
      TestBrokerOptions,
      "authenticator" | "authorizer" | "storeOpener"
    >,
  ): Promise<SettingChange[]> {
    const changes = await this.broker.reload(settingsOf(options));
    activity.count++;
    await settle();
    return changes;
  }

  /** Moves time on, and lets the broker do what fell due. */
  async advance(ms: number): Promise<void> {
    await settle();
    this.clock.advance(ms);
    activity.count++;
    await settle();
  }

  /** Stops the broker; time goes on until it has stopped. */
  async stop(): Promise<void> {
    let stopped = false;
    const done = this.broker.stop(1000).then(() => stopped = true);
    for (let turn = 0; turn < 10 && !stopped; turn++) await this.advance(1000);
    await done;
    assert.deepEqual(this.failures, [], "the broker failed inside");
    const { clients, outbound_bytes } = this.broker.state;
    assert.deepEqual([clients, outbound_bytes], [0, 0], "counters balance");
  }
}

/** A named test with a broker of its own, which is stopped in the end. */
export function conformance(
  name: string,
  body: (broker: TestBroker) => Promise<void>,
  options: TestBrokerOptions = {},
): void {
  Deno.test(name, async () => {
    const broker = new TestBroker(options);
    try {
      await body(broker);
    } finally {
      await broker.stop();
    }
  });
}

/** The same for MQTT 3.1.1 and 5.0: two tests, the version behind the name. */
export function eachVersion(
  name: string,
  body: (broker: TestBroker, version: 4 | 5) => Promise<void>,
  options: TestBrokerOptions = {},
): void {
  conformance(`${name} (3.1.1)`, (broker) => body(broker, 4), options);
  conformance(`${name} (5.0)`, (broker) => body(broker, 5), options);
}
