import {
  type Message,
  type QoS,
  ReasonCode,
  type Topic,
} from "../../mqtt/mod.ts";
import type { Delivery, Readiness, Subscriber } from "../../router/mod.ts";
import { type Identity, mayPublish, type Rights } from "../../security/mod.ts";
import type {
  SessionSlot,
  StoredPacketIds,
  StoredSession,
} from "../../store/mod.ts";
import { type AccessHolder, nextIdentityNumber } from "../core/access.ts";
import type { Context } from "../core/context.ts";
import type { MountPoint } from "./mount_point.ts";
import { NEVER } from "../core/options.ts";
import type { Outgoing } from "../core/outgoing.ts";
import { OutgoingQueue } from "./outgoing_queue.ts";
import type { CloseReason } from "../core/reasons.ts";
import { isOwnState } from "./reserved_topic.ts";
import { SessionClock, type SessionEvents } from "./session_clock.ts";
import type { Sender } from "../output/sender.ts";
import type { EndDetail } from "../core/session_log.ts";
import type { Will } from "./will.ts";

/**
 * attached: a connection serves it. detached: it waits for one, until its
 * expiry. expired: it has ended and is in no registry.
 */
export type SessionState = "attached" | "detached" | "expired";

/** The network connection that serves a session. */
export interface SessionConnection {
  /**
   * Sends packets to the client.
   * @internal
   */
  readonly sender: Sender;
  /**
   * The topics that the client sees begin behind it, or null.
   * @internal
   */
  readonly mountPoint: MountPoint | null;
  /**
   * Closes the network connection. An MQTT 5.0 client gets DISCONNECT with
   * `code` and `reason` first; `told` is for the log alone.
   */
  close(
    why: CloseReason,
    code: ReasonCode,
    reason?: string,
    told?: EndDetail,
  ): void;
}

/** Keeps the sessions. */
export interface SessionOwner {
  /** Forgets a session that has ended; before the store does. */
  remove(session: Session): void;
  /** Whether a crash now could bring back a session of this client. */
  isEnding(clientId: string): boolean;
}

/**
 * What survives a network connection (4.1): who it is, how long it lasts, its
 * will, what it holds for its client (`queue`) and the QoS 2 packet ids it
 * received. Its subscriptions are in the router.
 */
export class Session
  implements Subscriber, SessionEvents, StoredSession, AccessHolder {
  readonly clientId: string;
  readonly #context: Context;
  readonly #owner: SessionOwner;
  /**
   * What its client still has to get.
   * @internal
   */
  readonly queue: OutgoingQueue;
  /** Made when it is first detached: many sessions never are. */
  #clock: SessionClock | null = null;
  #received: Set<number> | null = null;
  /** Received packet ids that a crash may have restored, or null. */
  #broughtBack: Set<number> | null = null;
  /** The connection that serves it, or null. */
  connection: SessionConnection | null = null;
  #identity: Identity;
  /** Stands for its identity where rights are remembered. */
  identityNumber: number = nextIdentityNumber();
  /** Owned by `Access`. @internal */
  lastAsked: Topic | null = null;
  /** Owned by `Access`. @internal */
  lastRights: Rights = 0;
  /** Owned by `Access`. @internal */
  lastGeneration = 0;
  /**
   * Whether a client has been let in for it since the broker started. Before,
   * not all that rules may ask about is known: what comes waits.
   */
  isKnown = false;
  /** Seconds it outlives its connection; 0 ends with it. */
  expiryInterval = 0;
  /**
   * What to publish when the connection fails, or null.
   * @internal
   */
  will: Will | null = null;
  /**
   * Before which topics its client sees; null for all as they are.
   * @internal
   */
  mountPoint: MountPoint | null = null;
  /** Its client is a bridge: no echo, RETAIN kept, as Mosquitto does it. */
  bridge = false;
  /** Owned by the store. */
  slot: SessionSlot | null = null;
  /** When its connection ended, ms by `Clock.now`; 0 while it has one. */
  detachedAt = 0;
  /** Owned by the router. */
  subscriptions = 0;
  #isExpired = false;

  /** Only `Registry.create` makes one. */
  constructor(clientId: string, context: Context, owner: SessionOwner) {
    this.clientId = clientId;
    this.#context = context;
    this.#owner = owner;
    this.queue = new OutgoingQueue(this, context);
    this.#identity = { clientId, username: null };
  }

  /** Who it belongs to; set when a connection attaches. */
  get identity(): Identity {
    return this.#identity;
  }
  set identity(identity: Identity) {
    this.#identity = identity;
    this.identityNumber = nextIdentityNumber();
    this.lastAsked = null;
  }

  /** Whether it has a connection or is over. */
  get state(): SessionState {
    if (this.#isExpired) return "expired";
    return this.connection === null ? "detached" : "attached";
  }

  /** QoS 2 packet ids received and not yet released. */
  get received(): Set<number> {
    return this.#received ??= new Set();
  }

  /** What has to last of the packet ids of its QoS 2 messages. */
  get packetIds(): StoredPacketIds | null {
    return this.queue.packetIds;
  }

  /** Whether a crash now could bring back a former session of its client. */
  get isEnding(): boolean {
    return this.#owner.isEnding(this.clientId);
  }

  /** What becomes of a message now, for shared groups. */
  readiness(message: Message, qos: QoS): Readiness {
    return this.queue.readiness(message, qos);
  }

  /** Binds it to a connection; `resume` comes after CONNACK. */
  attach(connection: SessionConnection, identity: Identity): void {
    this.connection = connection;
    this.mountPoint = connection.mountPoint;
    this.queue.attach(connection.sender);
    this.identity = identity;
    this.isKnown = true;
    this.detachedAt = 0;
    this.#clock?.stop();
    this.changed();
  }

  /** Something of it was changed that has to last. */
  changed(): void {
    if (this.#isExpired) return;
    if (this.expiryInterval === 0 && this.slot === null) return;
    this.#context.durability.changes?.sessionChanged(this);
  }

  /**
   * The connection is gone. Ends the session or starts its expiry, and
   * publishes the will or starts its delay.
   */
  detach(): void {
    if (this.connection === null) return;
    this.connection = null;
    this.queue.detach();
    if (this.expiryInterval === 0) return this.#expire(false);
    const { faults, clock } = this.#context;
    faults.survive(
      "what waits takes more memory than it has to",
      () => this.queue.compact(),
      this.clientId,
    );
    this.#startClock(clock.now());
  }

  /** Counts expiry and will delay from `detachedAt`, in ms. */
  #startClock(detachedAt: number): void {
    // After a restart it is known: 100,000 sessions need not be written again.
    const isKnown = this.detachedAt === detachedAt;
    this.detachedAt = detachedAt;
    if (this.will?.delay === 0) this.publishWill();
    if (!isKnown) this.changed();
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
    this.queue.brokerStops();
    const lasts = this.#context.durability.changes !== null &&
      this.expiryInterval > 0;
    if (!lasts || this.will?.delay === 0) this.publishWill();
  }

  /** Ends it now: a clean start or an administrator. */
  end(): void {
    if (this.#isExpired) return;
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
    // The rest of the end comes behind it.
    this.#context.faults.survive(
      "the will is not published",
      () => this.#publish(will),
      this.clientId,
    );
  }

  #publish(will: Will): void {
    const context = this.#context;
    context.passes.begin();
    const { message } = will;
    if (!this.#mayPublishWill(message)) {
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

  /** By the rules as they are now; they may have changed since CONNECT. */
  #mayPublishWill({ topic, qos, retain }: Message): boolean {
    const { access } = this.#context;
    const mountPoint = this.mountPoint?.text ?? "";
    if (access === null || isOwnState(topic.text, mountPoint, this.clientId)) {
      return true;
    }
    // A web server has already answered, when the will was accepted.
    return mayPublish(access.rights(this, topic), qos, retain) !== false;
  }

  #expire(byTime: boolean): void {
    const context = this.#context;
    this.#isExpired = true;
    this.#clock?.stop();
    if (byTime) context.counters.clientsExpired++;
    this.#owner.remove(this);
    context.durability.changes?.sessionEnded(this);
    context.router.unsubscribeAll(this);
    this.publishWill();
    this.queue.end();
  }

  /**
   * Posts a message: sent at once where possible, else it waits. What that
   * throws is this client's affair: its publisher and all others go on.
   */
  deliver(message: Message, delivery: Delivery): void {
    try {
      this.#deliver(message, delivery);
    } catch (error) {
      this.#undelivered(error);
    }
  }

  /** Ends the connection, if any, behind the pass: that still delivers. */
  #undelivered(error: unknown): void {
    const { connection, clientId } = this;
    const { faults } = this.#context;
    faults.note("a message is not delivered to this client", error, clientId);
    if (connection === null) return;
    queueMicrotask(() =>
      connection.close("internal-error", ReasonCode.UnspecifiedError)
    );
  }

  #deliver(message: Message, matching: Delivery): void {
    const delivery = this.#visible(message, matching);
    if (delivery === null) return;
    let qos = message.qos < delivery.qos ? message.qos : delivery.qos;
    if (this.#context.access !== null || this.mountPoint !== null) {
      const allowed = this.receivable(message, qos);
      if (allowed < 0) {
        return this.queue.drop("read-denied", message);
      }
      qos = allowed as QoS;
    }
    const retain = message.retain &&
      (delivery.retainAsPublished || this.bridge);
    this.queue.post(message, qos, retain, delivery);
  }

  /** Returns what of `delivery` matches by the names that its client uses. */
  #visible({ topic }: Message, delivery: Delivery): Delivery | null {
    const { mountPoint } = this;
    return mountPoint === null || !mountPoint.isSpecial(topic)
      ? delivery
      : delivery.withoutWildcardsAt(mountPoint.text.length);
  }

  /**
   * Returns the highest QoS up to `qos` at which its client may get `message`,
   * or -1; also -1 when `filter` does not match behind its mount point.
   */
  receivable(message: Message, qos: QoS, filter?: string): QoS | -1 {
    const { mountPoint } = this;
    const { access } = this.#context;
    if (mountPoint !== null) {
      const { topic } = message;
      if (!mountPoint.holds(topic)) return -1;
      if (filter !== undefined && !mountPoint.matches(filter, topic)) return -1;
    }
    if (access === null || !this.isKnown) return qos;
    try {
      return access.receivable(this, message, qos);
    } catch (error) {
      // Asked about each member of a shared group: the others may have it.
      this.#context.faults.note("a message is denied", error, this.clientId);
      return -1;
    }
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
    this.#context.durability.changes?.received(this, packetId);
  }

  /**
   * Puts back the packet ids that the store has as received. An earlier run may
   * have been `buffered`, so in every mode the client may have released them.
   */
  restoreReceived(packetIds: readonly number[]): void {
    if (packetIds.length === 0) return;
    for (const packetId of packetIds) this.received.add(packetId);
    this.#broughtBack = new Set(packetIds);
  }

  /**
   * A PUBLISH without DUP has a packet id that was received: whether a crash may
   * have brought that id back. The client has done with it, since a message that
   * is sent again has DUP [MQTT-3.3.1-1]; so the id is released.
   */
  releaseBroughtBack(packetId: number): boolean {
    return this.#broughtBack !== null && this.#broughtBack.has(packetId) &&
      this.releaseReceived(packetId);
  }

  /** PUBREL: whether the packet id was known; it is not any more. */
  releaseReceived(packetId: number): boolean {
    this.#broughtBack?.delete(packetId);
    if (this.#received === null || !this.#received.delete(packetId)) {
      return false;
    }
    this.#context.durability.changes?.received(this, packetId);
    return true;
  }

  /** Puts back what it held when the broker stopped; in order. */
  restore(entry: Outgoing): void {
    this.queue.restore(entry);
  }

  /** All of it is back: its expiry and its will go on. */
  restored(now: number): void {
    const isOver = this.detachedAt !== 0 && this.expiryInterval !== NEVER &&
      this.detachedAt + this.expiryInterval * 1000 <= now;
    // At once: a client that waits already must not find it again.
    if (this.expiryInterval === 0 || isOver) this.#expire(isOver);
    else this.#startClock(this.detachedAt === 0 ? now : this.detachedAt);
  }
}
