import type { Clock } from "../../clock/mod.ts";
import {
  AckPacket,
  Frame,
  PublishHead,
  PublishPacket,
} from "../../codec/mod.ts";
import { broken } from "../../errors/mod.ts";
import { Message, Topic } from "../../mqtt/mod.ts";
import type { Router } from "../../router/mod.ts";
import type { Authenticator, Authorizer } from "../../security/mod.ts";
import { Access } from "./access.ts";
import type { Counters } from "./counters.ts";
import { Deadlines } from "./deadlines.ts";
import { Durability } from "./durability.ts";
import { Faults } from "./faults.ts";
import type { SessionOptions } from "./options.ts";
import type { Tracing } from "./packet_trace.ts";
import { Turn, workClock } from "./turn.ts";
import { TurnWatch, type WorkKind, workOf } from "./turn_watch.ts";
import type { SessionLog } from "./session_log.ts";

/** The parts that a context is made of. */
export interface ContextParts {
  /** Settings of all sessions. */
  readonly options: SessionOptions;
  /** Delivers published messages. */
  readonly router: Router;
  /** Authenticates clients. */
  readonly authenticator: Authenticator;
  /** Authorizes clients; null without rules: then all is allowed. */
  readonly authorizer: Authorizer | null;
  /**
   * Pairs of client and topic whose rights are cached at most; 1024 or more.
   *
   * @default 2^20
   */
  readonly cachedRights?: number;
  /** The one source of time. */
  readonly clock: Clock;
  /** Counts events. */
  readonly counters: Counters;
  /** At least 0 and below 1, for assigned client ids. */
  readonly random: () => number;
  /** Logs events; must not throw. */
  readonly log: SessionLog;
}

/** Estimated bytes that a waiting message takes beside its own. */
const HOLDING = 96;

/** Bytes of V8's heap that a message takes beside the text of its topic. */
const MESSAGE_HEAP = 600;

/** Objects that the sessions and connections of one broker share. */
export class Context {
  /** Settings of all sessions; a reload replaces the object. */
  options: SessionOptions;
  /** Delivers published messages. */
  readonly router: Router;
  /** Authenticates clients; a reload may replace it. */
  authenticator: Authenticator;
  /**
   * Answers of the authorizer; null without rules: all is allowed.
   * @internal
   */
  access: Access | null = null;
  readonly #cachedRights: number | undefined;
  /** The one source of time; in a pass `turn.now` is cheaper. */
  readonly clock: Clock;
  /** Counts events. */
  readonly counters: Counters;
  /** At least 0 and below 1. */
  readonly random: () => number;
  /** Logs clients that come and go. */
  readonly log: SessionLog;
  /**
   * Chooses the new connections whose packets are traced; null without a trace.
   * @internal
   */
  tracing: Tracing | null = null;
  /** Number of the latest connection. */
  connections = 0;
  /** Owns the state that has to last, and the answers that wait for the disk. */
  readonly durability: Durability = new Durability();
  /** Whether the stored state is being restored: CONNECTs wait for it. */
  loading = false;
  /**
   * Errors of the broker's own.
   * @internal
   */
  readonly faults: Faults;
  /** Finds turns in which all clients wait. */
  readonly watch: TurnWatch;
  /** Schedules the writes of outboxes, and long work in turns. */
  readonly turn: Turn;
  /** All deadlines, on one timer. */
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
  /** The fields of a PUBLISH that differ from receiver to receiver. */
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
    this.#cachedRights = parts.cachedRights;
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
    this.watch = new TurnWatch(parts.clock, parts.counters);
    this.turn = new Turn(parts.clock, this.faults.note, this.watch);
    this.deadlines = new Deadlines(
      this.workClock("deadlines"),
      this.faults.note,
    );
    this.message.transient = true;
  }

  /** Returns the clock, whose tasks are work of this kind, for slow turns. */
  workClock(kind: WorkKind): Clock {
    return workClock(this.clock, this.turn, workOf(kind));
  }

  /** Uses `authorizer` from now on; null allows all. */
  authorize(authorizer: Authorizer | null): void {
    if (authorizer === (this.access?.authorizer ?? null)) return;
    this.access = authorizer === null ? null : new Access(
      authorizer,
      this.#cachedRights,
    );
  }

  /** Counts `message` for one more backlog, window, or will. */
  hold(message: Message): void {
    const { counters, router: { heap } } = this;
    if (message.holders++ === 0) {
      counters.queuedBytes += message.size;
      heap.used += MESSAGE_HEAP + message.topic.bytes.length;
    }
    counters.queuedBytes += HOLDING;
    heap.used += HOLDING;
  }

  /** Counts `message` for one backlog, window, or will less. */
  release(message: Message): void {
    const { counters, router: { heap } } = this;
    const holders = --message.holders;
    if (holders < 0) message.holders = broken("message-holders", holders);
    if (holders === 0) {
      counters.queuedBytes -= message.size;
      heap.used -= MESSAGE_HEAP + message.topic.bytes.length;
    }
    counters.queuedBytes -= HOLDING;
    heap.used -= HOLDING;
    if (counters.queuedBytes < 0) {
      counters.queuedBytes = broken("queued-bytes", counters.queuedBytes);
    }
    if (heap.used < 0) heap.used = broken("heap-bytes", heap.used);
  }

  /** Returns whether no more messages may be queued for now. */
  get full(): boolean {
    return this.durability.isFull || this.isMemoryFull;
  }

  /** Returns the bound of the memory of messages and sessions, for the log. */
  get memoryBound(): string {
    const { heap } = this.router;
    return heap.isFull
      ? `state of clients may take ${heap.limit} bytes of V8's heap`
      : `limits.max_queued_memory is ${this.options.maxQueuedMemory} bytes`;
  }

  /** Returns whether messages and sessions take all memory that they may. */
  get isMemoryFull(): boolean {
    return this.counters.queuedBytes >= this.options.maxQueuedMemory ||
      this.router.heap.isFull;
  }
}
