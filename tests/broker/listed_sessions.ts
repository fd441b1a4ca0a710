import { RecentEnds } from "../../src/broker/lists/clients/recent_ends.ts";
import { Lists } from "../../src/broker/lists/lists.ts";
import { listenerOptions } from "../../src/broker/listeners/listener_options.ts";
import { sessionOptions } from "../../src/broker/session_options.ts";
import {
  completeSettings,
  type PartialSettings,
} from "../../src/config/mod.ts";
import { Router } from "../../src/router/mod.ts";
import {
  Context,
  Counters,
  openConnection,
  Registry,
} from "../../src/session/mod.ts";
import type { Authorizer } from "../../src/security/mod.ts";
import { memoryPair } from "../../src/transport/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import type { ConnectOptions, Version } from "../support/packets.ts";
import { WireClient } from "../support/wire_client.ts";

/** Sessions without a broker around them, and the lists of them. */
export class ListedSessions {
  readonly clock = new ManualClock();
  readonly context: Context;
  readonly registry: Registry;
  readonly ends = new RecentEnds();
  readonly lists: Lists;
  readonly #listener;
  #port = 1;

  constructor(
    wish: PartialSettings = {},
    authorizer: Authorizer | null = null,
  ) {
    const settings = completeSettings(wish);
    this.#listener = listenerOptions(settings.listener[0]);
    this.context = new Context({
      options: sessionOptions(settings),
      router: new Router({ retainedMessages: settings.retained.max_messages }),
      authenticator: {
        authenticate: ({ clientId, username, listener, hostname }) => ({
          kind: "allow",
          identity: { clientId, username, listener, hostname },
        }),
        begin: () => null,
      },
      authorizer,
      clock: this.clock,
      counters: new Counters(),
      random: Math.random,
      log: {
        connected() {},
        closed: ({ clientId, hostname }, { reason, wasOpen }) => {
          const at = this.clock.now();
          if (!wasOpen) return;
          this.ends.note(clientId!, { at, reason, address: hostname });
        },
        failed: (_, error) => reportError(error),
      },
    });
    this.registry = new Registry(this.context);
    const { registry, clock, ends } = this;
    this.lists = new Lists({ registry, clock, ends, typeOf: () => "tcp" });
  }

  /** A client that is connected. */
  async connect(
    version: Version,
    options: ConnectOptions | string,
    hostname = "127.0.0.1",
  ): Promise<WireClient> {
    const [mine, stream] = memoryPair();
    const peer = { hostname, port: this.#port++ };
    openConnection({ stream, peer }, this.#listener, this.registry, () => {})
      .start();
    const client = new WireClient(mine, version);
    await client.send(client.packets.connect(
      typeof options === "string" ? { clientId: options } : options,
    ));
    await client.receive();
    return client;
  }

  /** Ends all timers. */
  stop(): void {
    this.lists.stop();
    for (const session of [...this.registry.all()]) {
      session.connection?.close("shutdown", 0);
      session.end();
    }
    this.context.deadlines.stop();
    this.context.watch.stop();
  }
}
