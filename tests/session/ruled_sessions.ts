import { listenerOptions } from "../../src/broker/listeners/listener_options.ts";
import { sessionOptions } from "../../src/broker/session_options.ts";
import {
  completeSettings,
  type PartialSettings,
} from "../../src/config/mod.ts";
import { Router } from "../../src/router/mod.ts";
import type { AuthOutcome, Identity } from "../../src/security/mod.ts";
import type { RuleAuthorizer } from "../../src/security/access/mod.ts";
import {
  Context,
  Counters,
  enforceAccess,
  openConnection,
  Registry,
} from "../../src/session/mod.ts";
import { type ByteStream, memoryPair } from "../../src/transport/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import type { Version } from "../support/packets.ts";
import { settle } from "../support/settle.ts";
import { WireClient } from "../support/wire_client.ts";

/** Sessions by rules that the test changes; who it is the method `name` says. */
export class RuledSessions {
  readonly rules: RuleAuthorizer;
  readonly context: Context;
  readonly registry: Registry;
  /** User name, detail and limit of each connection that ended, for the log. */
  readonly ends: (string | null | undefined)[][] = [];
  /** Their client ids. */
  readonly endedIds: (string | null)[] = [];
  readonly #listener;

  constructor(rules: RuleAuthorizer, wish: PartialSettings = {}) {
    this.rules = rules;
    const settings = completeSettings(wish);
    this.#listener = listenerOptions(settings.listener[0]);
    const allow = (identity: Identity): AuthOutcome => ({
      kind: "allow",
      identity,
    });
    this.context = new Context({
      options: sessionOptions(settings),
      router: new Router(),
      authenticator: {
        authenticate: ({ clientId, username, listener }) =>
          allow({ clientId, username, listener }),
        begin: (_, { clientId }) => ({
          step: (name) =>
            allow({ clientId, username: new TextDecoder().decode(name!) }),
        }),
      },
      authorizer: rules,
      clock: new ManualClock(),
      counters: new Counters(),
      random: Math.random,
      log: {
        connected() {},
        closed: ({ username, clientId }, { detail, limit }) => {
          this.ends.push([username, detail, limit]);
          this.endedIds.push(clientId);
        },
        failed: (_, error) => reportError(error),
      },
    });
    this.registry = new Registry(this.context);
  }

  /** A connection that has said nothing yet. */
  open(version: Version): WireClient {
    const [mine, stream] = memoryPair();
    this.serve(stream);
    return new WireClient(mine, version);
  }

  /** The broker's end of a connection. */
  serve(stream: ByteStream): void {
    openConnection(
      { stream, peer: { hostname: "127.0.0.1", port: 1 } },
      this.#listener,
      this.registry,
      () => {},
    ).start();
  }

  async connect(version: Version, options: object): Promise<WireClient> {
    const client = this.open(version);
    await client.send(client.packets.connect(options));
    await client.expectAck(2, 0, 0);
    return client;
  }

  async enforce(clientId: string): Promise<readonly string[]> {
    const session = this.registry.get(clientId)!;
    this.context.turn.begin();
    const removed = enforceAccess(session, this.context);
    await settle();
    return removed;
  }

  filters(clientId: string): string[] {
    const { registry } = this;
    const { router } = this.context;
    return [...router.subscriptionsOf(registry.get(clientId)!)]
      .map(({ filter }) => filter);
  }
}
