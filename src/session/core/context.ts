import type { Clock } from "../../clock/mod.ts";
import {
  AckPacket,
  Frame,
  PublishHead,
  PublishPacket,
} from "../../codec/mod.ts";
import { Message, Topic } from "../../mqtt/mod.ts";
import type { Router } from "../../router/mod.ts";
import type { Authenticator, Authorizer } from "../../security/mod.ts";
import { Access } from "./access.ts";
import type { Counters } from "./counters.ts";
import { Deadlines } from "./deadlines.ts";
import { Durability } from "./durability.ts";
import { Faults } from "./faults.ts";
import type { SessionOptions } from "./options.ts";
import { Passes } from "./passes.ts";
import type { SessionLog } from "./session_log.ts";

/** The parts that a context is made of. */
export interface ContextParts {
  /** What all sessions go by. */
  readonly options: SessionOptions;
  /** Where messages are published. */
  readonly router: Router;
  /** Who may come in. */
  readonly authenticator: Authenticator;
  /** Null when everybody may do everything: then nothing is asked. */
  readonly authorizer: Authorizer | null;
  /** The only time there is. */
  readonly clock: Clock;
  /** Where all that happens is counted. */
  readonly counters: Counters;
  /** At least 0 and below 1, for assigned client ids. */
  readonly random: () => number;
  /** Told of what a person may want to know; must not throw. */
  readonly log: SessionLog;
}

/** Bytes that a waiting message costs beside its own, as an estimate. */
const HOLDING = 96;

/** What the sessions and connections of one broker share. */
export class Context {
  /** What all sessions go by; replaced as a whole when the settings are. */
  options: SessionOptions;
  /** Where messages are published. */
  readonly router: Router;
  /** Who may come in; another one when the settings change. */
  authenticator: Authenticator;
  /**
   * What the authorizer says; null when everybody may do everything.
   * @internal
   */
  access: Access | null = null;
  /** Tells the time; in a pass `passes.now` is cheaper. */
  readonly clock: Clock;
  /** Where all that happens is counted. */
  readonly counters: Counters;
  /** At least 0 and below 1. */
  readonly random: () => number;
  /** Told of clients that come and go. */
  readonly log: SessionLog;
  /** The connections so far: the latest one's number. */
  connections = 0;
  /** Owns what has to last, and what waits for it. */
  readonly durability: Durability = new Durability();
  /** Whether what lasted is still being restored: CONNECTs wait for it. */
  loading = false;
  /**
   * Errors of the broker's own.
   * @internal
   */
  readonly faults: Faults;
  /** When outboxes are written, and long work in turns. */
  readonly passes: Passes;
  /** All that is due at some time, on one timer. */
  readonly deadlines: Deadlines;
  /**
   * The packet under way. A pass is synchronous and decodes one packet at a
   * time, so one object of each kind serves all connections.
   */
  readonly frame: Frame = new Frame();
  /** The PUBLISH under way. */
  readonly publish: PublishPacket = new PublishPacket();
  /** The acknowledgement under way. */
  readonly ack: AckPacket = new AckPacket();
  /** What differs from receiver to receiver of a PUBLISH. */
  readonly head: PublishHead = new PublishHead();
  /** The message of a PUBLISH under way; transient. */
  readonly message: Message = new Message(
    new Topic("", new Uint8Array(0)),
    new Uint8Array(0),
    0,
    0,
  );

  /** Makes passes and deadlines; starts no timer. */
  constructor(parts: ContextParts) {
    this.options = parts.options;
    this.router = parts.router;
    this.authenticator = parts.authenticator;
    this.authorize(parts.authorizer);
    this.clock = parts.clock;
    this.counters = parts.counters;
    this.random = parts.random;
    this.log = parts.log;
    this.faults = new Faults(
      parts.clock,
      parts.counters,
      (result, error, clientId) => parts.log.failed(clientId, error, result),
    );
    this.passes = new Passes(parts.clock, this.faults.note);
    this.deadlines = new Deadlines(parts.clock, this.faults.note);
    this.message.transient = true;
  }

  /** From now on `authorizer` decides; null lets everybody do everything. */
  authorize(authorizer: Authorizer | null): void {
    if (authorizer === (this.access?.authorizer ?? null)) return;
    this.access = authorizer === null ? null : new Access(authorizer);
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
    return this.durability.isFull ||
      this.counters.queuedBytes >= this.options.maxQueuedMemory;
  }
}
