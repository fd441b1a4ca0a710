import { type Message, PacketType, type QoS } from "../mqtt/mod.ts";
import type { Delivery, RetainedCursor, Subscriber } from "../router/mod.ts";
import type { SessionSlot, StoredSession } from "../store/mod.ts";
import type { Identity } from "../security/mod.ts";
import { Backlog } from "./backlog.ts";
import type { Connection } from "./connection.ts";
import type { Context } from "./context.ts";
import { SessionClock, type SessionEvents } from "./session_clock.ts";
import { InflightWindow } from "./inflight_window.ts";
import { Outgoing } from "./outgoing.ts";
import { NEVER } from "./options.ts";
import type { DropReason } from "./reasons.ts";
import type { Will } from "./will.ts";

/**
 * attached: a connection serves it. detached: it waits for one, until its
 * expiry. expired: it has ended and is in no registry.
 */
export type SessionState = "attached" | "detached" | "expired";

/** Retained messages that a subscription still has to be given. */
interface RetainedFeed {
  readonly filter: string;
  readonly cursor: RetainedCursor;
  readonly delivery: Delivery;
  readonly noLocal: boolean;
}

/** Most sessions have nothing of this, and share it. */
const NONE: readonly never[] = [];

/** Retained messages looked at before others get their turn. */
const FEED_SLICE = 256;

/**
 * What survives a network connection (4.1): subscriptions (in the router),
 * messages that wait, messages in flight both ways, the will.
 */
export class Session implements Subscriber, SessionEvents, StoredSession {
  readonly clientId: string;
  readonly #context: Context;
  readonly #window = new InflightWindow();
  readonly #backlog = new Backlog();
  /** Made when it is first detached: many sessions never are. */
  #clock: SessionClock | null = null;
  #resend: readonly Outgoing[] = NONE;
  #feeds: readonly RetainedFeed[] = NONE;
  #feeding = false;
  /** Entries of the window that went out on the present connection. */
  #outstanding = 0;
  #waitingQos0 = 0;
  #received: Set<number> | null = null;
  /** The connection that serves it, or null. */
  connection: Connection | null = null;
  /** Who it belongs to; set when a connection attaches. */
  identity: Identity;
  /** Seconds it outlives its connection; 0 ends with it. */
  expiryInterval = 0;
  /**
   * What to publish when the connection fails, or null.
   * @internal
   */
  will: Will | null = null;
  /** Its client is a bridge: no echo, RETAIN kept, as Mosquitto does it. */
  bridge = false;
  /** Owned by the store. */
  slot: SessionSlot | null = null;
  /** When its connection ended, ms since 1970; 0 while it has one. */
  detachedAt = 0;
  /** Subscriptions it has in the router. */
  subscriptions = 0;
  /** Whether it has a connection or is over. */
  state: SessionState = "detached";

  /** Only `Registry.create` makes one. */
  constructor(clientId: string, context: Context) {
    this.clientId = clientId;
    this.#context = context;
    this.identity = { clientId, username: null };
  }

  /** QoS 2 packet ids received and not yet released. */
  get received(): Set<number> {
    return this.#received ??= new Set();
  }

  /** Messages that wait in the backlog. */
  get backlogSize(): number {
    return this.#backlog.size;
  }

  /** Messages sent and not yet acknowledged. */
  get inflightSize(): number {
    return this.#window.size;
  }

  /** For shared groups: could it send a message now? */
  get available(): boolean {
    const connection = this.connection;
    return connection !== null && this.#backlog.size === 0 &&
      this.#outstanding < connection.sendMaximum && !connection.outbox.held;
  }

  /** Binds it to a connection; `resume` comes after CONNACK. */
  attach(connection: Connection, identity: Identity): void {
    this.connection = connection;
    this.identity = identity;
    this.state = "attached";
    this.detachedAt = 0;
    this.#clock?.stop();
    this.changed();
  }

  /** Something of it was changed that has to last. */
  changed(): void {
    if (this.state === "expired") return;
    if (this.expiryInterval === 0 && this.slot === null) return;
    this.#context.changes?.sessionChanged(this);
  }

  /** Sends again what was in flight, in order, then what waited (4.4). */
  resume(): void {
    this.#resend = this.#window.inOrder();
    this.#outstanding = 0;
    for (const entry of this.#resend) entry.sent = false;
    this.drain();
  }

  /**
   * The connection is gone. Ends the session or starts its expiry, and
   * publishes the will or starts its delay.
   */
  detach(): void {
    if (this.connection === null) return;
    this.connection = null;
    this.state = "detached";
    this.#resend = NONE;
    if (this.expiryInterval === 0) return this.#expire(false);
    for (const entry of this.#window.inOrder()) entry.message?.compact();
    this.#startClock(this.#context.clock.now());
  }

  /** Counts expiry and will delay from `detachedAt`, in ms. */
  #startClock(detachedAt: number): void {
    this.detachedAt = detachedAt;
    if (this.will?.delay === 0) this.publishWill();
    this.changed();
    this.#clock ??= new SessionClock(this.#context.deadlines, this);
    this.#clock.start(
      this.will === null ? Infinity : detachedAt + this.will.delay * 1000,
      this.expiryInterval === NEVER
        ? Infinity
        : detachedAt + this.expiryInterval * 1000,
    );
  }

  /** Its time is up. */
  expired(): void {
    this.#expire(true);
  }

  /**
   * The broker stops: a will goes out now, unless it has a delay and a store
   * that remembers it.
   */
  brokerStops(): void {
    const lasts = this.#context.changes !== null && this.expiryInterval > 0;
    if (!lasts || this.will?.delay === 0) this.publishWill();
  }

  /** Ends it now: a clean start or an administrator. */
  end(): void {
    if (this.state === "expired") return;
    this.#expire(false);
  }

  /** The client said good-bye or came back in time: no will [MQTT-3.14.4-3]. */
  dropWill(): void {
    if (this.will === null) return;
    this.will = null;
    this.changed();
  }

  /** Publishes the will, once, whatever ended the connection [MQTT-3.1.2-8]. */
  publishWill(): void {
    const will = this.will;
    if (will === null) return;
    this.will = null;
    this.changed();
    const context = this.#context;
    context.passes.begin();
    const { message } = will;
    const { authorizer } = context;
    if (
      authorizer !== null &&
      !authorizer.mayPublish(this.identity, message.topic)
    ) {
      context.counters.dropped["not-authorized"]++;
      return;
    }
    if (will.messageExpiry >= 0) {
      message.expiresAt = context.clock.now() + will.messageExpiry * 1000;
    }
    context.router.publish(
      context.router.topicOf(message.topic.text),
      message,
      this,
    );
  }

  #expire(byTime: boolean): void {
    const context = this.#context;
    this.state = "expired";
    this.#clock?.stop();
    if (byTime) context.counters.clientsExpired++;
    context.changes?.sessionEnded(this);
    context.registry.remove(this);
    context.router.unsubscribeAll(this);
    this.#feeds = NONE;
    this.publishWill();
    for (const entry of this.#window.inOrder()) {
      context.changes?.done(entry);
      if (entry.message === null) continue;
      // What a QoS 2 receiver may have seen goes to nobody else
      // [MQTT-4.8.2-5].
      if (entry.qos === 1) this.#passOver(entry);
      context.release(entry.message);
    }
    for (let next = this.#take(); next !== null; next = this.#take()) {
      if (!this.#passOver(next)) context.counters.dropped["session-ended"]++;
      this.#letGo(next);
    }
  }

  /** Posts a message: sent at once where possible, else it waits. */
  deliver(message: Message, delivery: Delivery): void {
    const qos = message.qos < delivery.qos ? message.qos : delivery.qos;
    const retain = message.retain &&
      (delivery.retainAsPublished || this.bridge);
    this.#post(message, qos, retain, delivery);
  }

  #post(
    message: Message,
    qos: QoS,
    retain: boolean,
    delivery: Delivery,
  ): void {
    const connection = this.connection;
    if (qos === 0) {
      if (connection !== null) {
        if (this.#waitingQos0 === 0) {
          connection.sendQos0(message, retain, delivery.identifiers);
          return;
        }
      } else if (!this.#context.options.queueQos0) {
        return this.#drop("detached-qos0");
      }
    } else if (
      connection !== null && this.#backlog.size === 0 &&
      this.#resend.length === 0 &&
      this.#outstanding < connection.sendMaximum && !connection.outbox.held
    ) {
      const entry = new Outgoing(message.keep(), qos, retain, delivery);
      this.#hold(entry);
      this.#sendNumbered(connection, entry);
      return;
    }
    this.#enqueue(new Outgoing(message.keep(), qos, retain, delivery));
  }

  /** Sends retained messages for a new subscription, in slices. */
  feedRetained(
    filter: string,
    cursor: RetainedCursor,
    delivery: Delivery,
    noLocal: boolean,
  ): void {
    this.#feeds = [...this.#feeds, { filter, cursor, delivery, noLocal }];
    this.#feed();
  }

  /** It unsubscribed: no more retained messages for `filter` [MQTT-3.10.4-2]. */
  stopFeed(filter: string): void {
    this.#feeds = this.#feeds.filter((feed) => feed.filter !== filter);
  }

  /** Gives the connection what the window and the outbox have room for. */
  drain(): void {
    const connection = this.connection;
    if (connection === null) return;
    if (this.#resend.length > 0 && !this.#sendAgain(connection)) return;
    while (this.#backlog.size > 0) {
      if (connection.outbox.held) return;
      const next = this.#backlog.peek()!;
      const message = next.message!;
      if (message.expiresAt <= this.#context.passes.now) {
        this.#drop("expired"); // [MQTT-3.3.2-5]
      } else if (next.qos === 0) {
        connection.sendQos0(message, next.retain, next.delivery.identifiers);
      } else {
        if (this.#outstanding >= connection.sendMaximum) return;
        this.#take();
        this.#sendNumbered(connection, next);
        continue;
      }
      this.#take();
      this.#letGo(next);
    }
    if (this.#feeds.length > 0) this.#feed();
  }

  /**
   * PUBACK or a PUBREC that refuses: the exchange is over.
   * @internal
   */
  acknowledged(entry: Outgoing, refused: boolean): void {
    if (refused) this.#drop("client-refused");
    this.#forget(entry);
    if (this.#backlog.size > 0 || this.#resend.length > 0) this.drain();
    else if (this.#feeds.length > 0) this.#feed();
  }

  /**
   * PUBREC: the client has the message, only the number is still needed.
   * @internal
   */
  receivedByClient(entry: Outgoing): void {
    if (entry.message === null) return;
    this.#context.release(entry.message);
    entry.message = null;
    this.#context.changes?.changed(entry);
  }

  /**
   * The entry in flight with this packet id, or null.
   * @internal
   */
  inflight(packetId: number): Outgoing | null {
    return this.#window.get(packetId);
  }

  /** It left a shared group: others get what it has not been sent yet. */
  leftGroup(name: string, filter: string): void {
    for (let count = this.#backlog.size; count > 0; count--) {
      const entry = this.#take()!;
      const { group } = entry.delivery;
      if (
        group !== null && group.name === name && group.filter === filter &&
        this.#passOver(entry)
      ) this.#letGo(entry);
      else this.#wait(entry);
    }
  }

  /** Gives what it was to have by a shared group to another member. */
  #passOver(entry: Outgoing): boolean {
    const { router } = this.#context;
    return router.redistribute(entry.message!, entry.delivery, this);
  }

  /** Numbers and sends a message that is held already. */
  #sendNumbered(connection: Connection, entry: Outgoing): void {
    this.#window.add(entry);
    entry.sent = true;
    this.#outstanding++;
    // One that is not on disk yet will be written as it is by then.
    if (entry.number !== 0) this.#context.changes?.changed(entry);
    if (!connection.sendNumbered(entry, entry.message!, false)) {
      this.#drop("packet-too-large"); // [MQTT-3.1.2-25]
      this.#forget(entry);
    }
  }

  #forget(entry: Outgoing): void {
    this.#letGo(entry);
    this.#window.remove(entry);
    if (entry.sent) this.#outstanding--;
    else this.#resend = this.#resend.filter((other) => other !== entry);
  }

  /** Returns whether all of it went out. */
  #sendAgain(connection: Connection): boolean {
    let at = 0;
    while (at < this.#resend.length) {
      const entry = this.#resend[at];
      const { message } = entry;
      if (message !== null) {
        if (this.#outstanding >= connection.sendMaximum) break;
        if (connection.outbox.held) break;
      }
      at++;
      entry.sent = true;
      this.#outstanding++;
      if (message === null) {
        connection.sendAck(PacketType.Pubrel, entry.packetId, 0);
      } else if (!connection.sendNumbered(entry, message, true)) {
        this.#drop("packet-too-large");
        this.#forget(entry);
      }
    }
    this.#resend = this.#resend.slice(at);
    return this.#resend.length === 0;
  }

  #enqueue(entry: Outgoing): void {
    const { options, counters } = this.#context;
    const message = entry.message!;
    const backlog = this.#backlog;
    if (entry.qos === 0 && this.#context.full) {
      return this.#drop("memory-full");
    }
    for (;;) {
      const reason = backlog.size >= options.backlogMessages
        ? "backlog-messages"
        : backlog.bytes + message.size > options.backlogBytes
        ? "backlog-bytes"
        : null;
      if (reason === null) break;
      counters.dropped[reason]++;
      // What can never fit pushes nothing out.
      if (
        options.backlogPolicy === "drop-new" ||
        message.size > options.backlogBytes
      ) return;
      this.#letGo(this.#take()!);
    }
    message.compact();
    this.#hold(entry);
    this.#wait(entry);
  }

  /** From now on the message of `entry` is kept for this session. */
  #hold(entry: Outgoing): void {
    const context = this.#context;
    context.hold(entry.message!);
    if (context.changes !== null && !entry.message!.volatile) {
      context.changes.queued(entry);
    }
  }

  /** Nobody needs `entry` any more. */
  #letGo(entry: Outgoing): void {
    const context = this.#context;
    if (entry.message !== null) context.release(entry.message);
    context.changes?.done(entry);
  }

  /** QoS 2 packet ids received and not yet released. */
  get receivedSize(): number {
    return this.#received === null ? 0 : this.#received.size;
  }

  /** Whether `packetId` was received and is not yet released. */
  hasReceived(packetId: number): boolean {
    return this.#received !== null && this.#received.has(packetId);
  }

  /** A QoS 2 packet id came, and is kept until it is released. */
  receive(packetId: number): void {
    this.received.add(packetId);
    this.#context.changes?.received(this, packetId);
  }

  /** PUBREL: whether the packet id was known; it is not any more. */
  releaseReceived(packetId: number): boolean {
    if (this.#received === null || !this.#received.delete(packetId)) {
      return false;
    }
    this.#context.changes?.received(this, packetId);
    return true;
  }

  /** Puts back what it held when the broker stopped; in order. */
  restore(entry: Outgoing): void {
    if (entry.message !== null) this.#context.hold(entry.message);
    if (entry.packetId !== 0 && this.#window.restore(entry)) return;
    entry.packetId = 0;
    this.#wait(entry);
  }

  /** All of it is back: its expiry and its will go on. */
  restored(now: number): void {
    this.#window.leap(now);
    const isOver = this.detachedAt !== 0 && this.expiryInterval !== NEVER &&
      this.detachedAt + this.expiryInterval * 1000 <= now;
    // At once: a client that waits already must not find it again.
    if (this.expiryInterval === 0 || isOver) this.#expire(isOver);
    else this.#startClock(this.detachedAt === 0 ? now : this.detachedAt);
  }

  /** Puts a message that is held into the backlog. */
  #wait(entry: Outgoing): void {
    this.#backlog.push(entry);
    if (entry.qos === 0) this.#waitingQos0++;
    this.#context.counters.queuedMessages++;
  }

  /** Takes the next out of the backlog; it is still held. */
  #take(): Outgoing | null {
    const entry = this.#backlog.shift();
    if (entry === null) return null;
    if (entry.qos === 0) this.#waitingQos0--;
    this.#context.counters.queuedMessages--;
    return entry;
  }

  #feed(): void {
    if (this.#feeding) return;
    this.#feeding = true;
    if (!this.#feedSlice()) return;
    this.#context.passes.inTurns(() => this.#feedSlice());
  }

  /** Returns whether to go on in another turn. */
  #feedSlice(): boolean {
    const now = this.#context.passes.now;
    const connection = this.connection;
    if (
      this.#feeds.length === 0 || connection === null ||
      this.#backlog.size > 0 || connection.outbox.held
    ) return this.#feeding = false; // `drain` takes it up again
    const feed = this.#feeds[0];
    const take = (message: Message) => {
      if (feed.noLocal && message.publisher === this.clientId) return;
      const qos = Math.min(message.qos, feed.delivery.qos) as QoS;
      this.#post(message, qos, true, feed.delivery);
    };
    // One by one: what is retained can wait where it is, so it must not fill
    // the backlog or the outbox until something is dropped.
    for (let n = 0; n < FEED_SLICE && !feed.cursor.done; n++) {
      feed.cursor.next(1, now, take);
      if (this.#backlog.size > 0 || connection.outbox.held) break;
    }
    if (feed.cursor.done) this.#feeds = this.#feeds.slice(1);
    return this.#feeding = this.#feeds.length > 0;
  }

  #drop(reason: DropReason): void {
    this.#context.counters.dropped[reason]++;
  }
}
