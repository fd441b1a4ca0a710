import type { Clock } from "../clock/mod.ts";
import { AckPacket, Frame, PublishHead, PublishPacket } from "../codec/mod.ts";
import { Message, Topic } from "../mqtt/mod.ts";
import type { Router } from "../router/mod.ts";
import type { Authenticator, Authorizer } from "../security/mod.ts";
import type { Counters } from "./counters.ts";
import { Deadlines } from "./deadlines.ts";
import type { SessionOptions } from "./options.ts";
import { Passes } from "./passes.ts";
import { Registry } from "./registry.ts";

/** The parts that a context is made of. */
export interface ContextParts {
  readonly options: SessionOptions;
  readonly router: Router;
  readonly authenticator: Authenticator;
  /** Null when everybody may do everything: then nothing is asked. */
  readonly authorizer: Authorizer | null;
  readonly clock: Clock;
  readonly counters: Counters;
  /** At least 0 and below 1, for assigned client ids. */
  readonly random: () => number;
  /** Told of what a person may want to know; must not throw. */
  readonly log: SessionLog;
}

/** Events in the life of a client, for the log. */
export interface SessionLog {
  connected(clientId: string, hostname: string, version: number): void;
  closed(clientId: string | null, hostname: string, why: string): void;
  failed(clientId: string | null, error: unknown): void;
}

/** Bytes that a waiting message costs beside its own, as an estimate. */
const HOLDING = 96;

/** What the sessions and connections of one broker share. */
export class Context {
  readonly options: SessionOptions;
  readonly router: Router;
  readonly authenticator: Authenticator;
  readonly authorizer: Authorizer | null;
  readonly clock: Clock;
  readonly counters: Counters;
  readonly random: () => number;
  readonly log: SessionLog;
  readonly passes: Passes;
  readonly deadlines: Deadlines;
  readonly registry: Registry;
  /**
   * The packet under way. A pass is synchronous and decodes one packet at a
   * time, so one object of each kind serves all connections.
   */
  readonly frame: Frame = new Frame();
  readonly publish: PublishPacket = new PublishPacket();
  readonly ack: AckPacket = new AckPacket();
  readonly head: PublishHead = new PublishHead();
  readonly message: Message = new Message(
    new Topic("", new Uint8Array(0)),
    new Uint8Array(0),
    0,
    0,
  );

  constructor(parts: ContextParts) {
    this.options = parts.options;
    this.router = parts.router;
    this.authenticator = parts.authenticator;
    this.authorizer = parts.authorizer;
    this.clock = parts.clock;
    this.counters = parts.counters;
    this.random = parts.random;
    this.log = parts.log;
    this.passes = new Passes(parts.clock);
    this.deadlines = new Deadlines(parts.clock);
    this.registry = new Registry(this);
    this.message.transient = true;
  }

  /** A backlog or window now holds `message`. */
  hold(message: Message): void {
    if (message.holders++ === 0) this.counters.queuedBytes += message.size;
    this.counters.queuedBytes += HOLDING;
  }

  /** A backlog or window let go of `message`. */
  release(message: Message): void {
    if (--message.holders === 0) this.counters.queuedBytes -= message.size;
    this.counters.queuedBytes -= HOLDING;
  }

  /** Whether no more may be queued for now. */
  get full(): boolean {
    return this.counters.queuedBytes >= this.options.maxQueuedMemory;
  }
}
