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
import { type DropNote, DropNotes } from "./drop_notes.ts";
import type { CloseReason, DropReason } from "../core/reasons.ts";
import { isOwnState } from "./reserved_topic.ts";
import { SessionClock, type SessionEvents } from "./session_clock.ts";
import type { Sender } from "../output/sender.ts";
import type { EndDetail } from "../core/session_log.ts";
import type { Will } from "./will.ts";

/** Bytes of V8's heap that a session without its parts takes, about. */
const SESSION_HEAP = 2000;

/** Bytes of V8's heap that a received packet id takes, about. */
const RECEIVED_HEAP = 40;

/**
 * attached: a connection serves the session. detached: it waits for one until its
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
  /** Removes a session that has ended; before the store does. */
  remove(session: Session): void;
  /** Returns whether a crash now could bring back a session of this client. */
  isEnding(clientId: string): boolean;
}

/**
 * State that survives a network connection (4.1): identity, Session Expiry
 * Interval, will, messages for the client (`queue`) and received QoS 2 packet
 * ids. The router has its subscriptions.
 */
export class Session
  implements Subscriber, SessionEvents, StoredSession, AccessHolder {
  readonly clientId: string;
  readonly #context: Context;
  readonly #owner: SessionOwner;
  /**
   * Messages for its client.
   * @internal
   */
  readonly queue: OutgoingQueue;
  /** Made when it is first detached, as many sessions never are. */
  #clock: SessionClock | null = null;
  #received: Set<number> | null = null;
  /** Received packet ids that a crash may have restored, or null. */
  #broughtBack: Set<number> | null = null;
  /** The connection that serves the session, or null. */
  connection: SessionConnection | null = null;
  #identity: Identity;
  /** Number of its identity in caches of rights. */
  identityNumber: number = nextIdentityNumber();
  /** Owned by `Access`. @internal */
  lastAsked: Topic | null = null;
  /** Owned by `Access`. @internal */
  lastRights: Rights = 0;
  /** Owned by `Access`. @internal */
  lastGeneration = 0;
  /**
   * Whether a client has connected to it since the broker started. Before, the
   * identity lacks facts that rules ask about: messages wait.
   */
  isKnown = false;
  /** Session Expiry Interval in seconds; 0: it ends with its connection. */
  expiryInterval = 0;
  #will: Will | null = null;
  /**
   * The prefix of all topics of its client, or null.
   * @internal
   */
  mountPoint: MountPoint | null = null;
  /** Whether its client is a bridge: no echo, RETAIN kept, as in Mosquitto. */
  bridge = false;
  /** Owned by the store. */
  slot: SessionSlot | null = null;
  /** Begin of its latest connection, ms by `Clock.now`; 0 for none yet. */
  attachedAt = 0;
  /** End of its connection, ms by `Clock.now`; 0 while it has one. */
  detachedAt = 0;
  /** Owned by the router. */
  subscriptions = 0;
  /** Messages of its client that were not accepted, or null. */
  #refusals: DropNotes | null = null;
  #isExpired = false;
  /** Bytes of the session that count in `Router.heap`. */
  #heap = 0;

  /** Only `Registry.create` makes one. */
  constructor(clientId: string, context: Context, owner: SessionOwner) {
    this.clientId = clientId;
    this.#context = context;
    this.#owner = owner;
    this.queue = new OutgoingQueue(this, context);
    this.#identity = { clientId, username: null };
    this.#countHeap(SESSION_HEAP + clientId.length);
  }

  /** Identity of its client; set when a connection attaches. */
  get identity(): Identity {
    return this.#identity;
  }
  set identity(identity: Identity) {
    const { username } = this.#identity;
    this.#countHeap(
      (identity.username ?? "").length - (username ?? "").length,
    );
    this.#identity = identity;
    this.identityNumber = nextIdentityNumber();
    this.lastAsked = null;
  }

  /**
   * The will, published when the connection fails, or null.
   * @internal
   */
  get will(): Will | null {
    return this.#will;
  }
  set will(will: Will | null) {
    if (this.#will !== null) this.#context.release(this.#will.message);
    if (will !== null) this.#context.hold(will.message);
    this.#will = will;
  }

  #countHeap(bytes: number): void {
    const { heap } = this.#context.router;
    this.#heap += bytes;
    heap.used += bytes;
    heap.sessions += bytes;
  }

  /** Returns its state. */
  get state(): SessionState {
    if (this.#isExpired) return "expired";
    return this.connection === null ? "detached" : "attached";
  }

  /** Returns the QoS 2 packet ids received and not yet released. */
  get received(): Set<number> {
    return this.#received ??= new Set();
  }

  /** Returns the packet ids of its QoS 2 messages that have to last. */
  get packetIds(): StoredPacketIds | null {
    return this.queue.packetIds;
  }

  /** Returns whether a crash now could bring back a former session of its client. */
  get isEnding(): boolean {
    return this.#owner.isEnding(this.clientId);
  }

  /** Returns the fate of a message now, for shared groups. */
  readiness(message: Message, qos: QoS): Readiness {
    return this.queue.readiness(message, qos);
  }

  /** Binds the session to a connection; `resume` follows after CONNACK. */
  attach(connection: SessionConnection, identity: Identity): void {
    this.connection = connection;
    this.mountPoint = connection.mountPoint;
    this.queue.attach(connection.sender);
    this.identity = identity;
    this.isKnown = true;
    this.detachedAt = 0;
    this.attachedAt = this.#context.clock.now();
    this.#clock?.stop();
    this.changed();
  }

  /** Notes a change of state that has to last. */
  changed(): void {
    if (this.#isExpired) return;
    if (this.expiryInterval === 0 && this.slot === null) return;
    this.#context.durability.changes?.sessionChanged(this);
  }

  /**
   * Unbinds the connection, which has ended. Ends the session or starts its
   * expiry; publishes the will or starts its delay.
   */
  detach(): void {
    if (this.connection === null) return;
    this.connection = null;
    this.queue.detach();
    if (this.expiryInterval === 0) return this.#expire(false);
    const { faults, clock } = this.#context;
    faults.survive(
      "waiting messages take more memory than necessary",
      () => this.queue.compact(),
      this.clientId,
    );
    this.#startClock(clock.now());
  }

  /** Counts expiry and will delay from `detachedAt`, in ms. */
  #startClock(detachedAt: number): void {
    // Known after a restart: 100,000 sessions are not written again.
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

  /** Ends the session, whose expiry has come. */
  expired(): void {
    this.#expire(true);
  }

  /**
   * Publishes the will, unless it has a delay and the store keeps it: the broker
   * stops.
   */
  brokerStops(): void {
    this.queue.brokerStops();
    const lasts = this.#context.durability.changes !== null &&
      this.expiryInterval > 0;
    if (!lasts || this.will?.delay === 0) this.publishWill();
  }

  /** Ends the session now, for a clean start or an administrator. */
  end(): void {
    if (this.#isExpired) return;
    this.#expire(false);
  }

  /** Drops the will after DISCONNECT or a new CONNECT [MQTT-3.14.4-3]. */
  dropWill(): void {
    if (this.will === null) return;
    this.will = null;
    this.changed();
  }

  /** Publishes the will once, whatever ended the connection [MQTT-3.1.2-8]. */
  publishWill(): void {
    const will = this.will;
    if (will === null) return;
    this.will = null;
    this.changed();
    // An error must not keep the session from its end.
    this.#context.faults.survive(
      "the will is not published",
      () => this.#publish(will),
      this.clientId,
    );
  }

  #publish(will: Will): void {
    const context = this.#context;
    context.turn.begin({ kind: "will", clientId: this.clientId });
    const { message } = will;
    if (!this.#mayPublishWill(message)) {
      this.refuse("not-authorized", message.topic);
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

  /** Counts and notes a message of its client that the broker does not accept. */
  refuse(reason: DropReason, topic: Topic): void {
    const { counters, turn } = this.#context;
    counters.dropped[reason]++;
    this.#refusals ??= new DropNotes();
    this.#refusals.note(reason, topic, turn.now);
  }

  /** Returns the notes of messages that `refuse` counted since the start. */
  get refusals(): readonly DropNote[] {
    return this.#refusals?.all() ?? [];
  }

  /** Returns the messages to its client and from it that were dropped. */
  get dropped(): number {
    return this.queue.dropped + (this.#refusals?.total ?? 0);
  }

  /** Judges the will by the present rules: they may differ from CONNECT's. */
  #mayPublishWill({ topic, qos, retain }: Message): boolean {
    const { access } = this.#context;
    const mountPoint = this.mountPoint?.text ?? "";
    if (access === null || isOwnState(topic.text, mountPoint, this.clientId)) {
      return true;
    }
    // The access server answered when the will was accepted.
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
    this.#countHeap(-this.#heap);
  }

  /**
   * Sends a message at once where possible, else has it wait. An error affects
   * this client alone, not the publisher or other receivers.
   */
  deliver(message: Message, delivery: Delivery): void {
    try {
      this.#deliver(message, delivery);
    } catch (error) {
      this.#undelivered(error);
    }
  }

  /** Ends the connection, if any, after the pass, which still delivers. */
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

  /** Returns the part of `delivery` that matches by the client's topic names. */
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
      // The router asks each member of a shared group: others may get it.
      this.#context.faults.note("a message is denied", error, this.clientId);
      return -1;
    }
  }

  /** Returns the number of QoS 2 packet ids received and not yet released. */
  get receivedSize(): number {
    return this.#received === null ? 0 : this.#received.size;
  }

  /** Returns whether `packetId` was received and is not yet released. */
  hasReceived(packetId: number): boolean {
    return this.#received !== null && this.#received.has(packetId);
  }

  /** Keeps a QoS 2 packet id as received until it is released. */
  receive(packetId: number): void {
    const { received } = this;
    if (!received.has(packetId)) this.#countHeap(RECEIVED_HEAP);
    received.add(packetId);
    this.#context.durability.changes?.received(this, packetId);
  }

  /**
   * Restores the packet ids that the store has as received. An earlier run may
   * have been `buffered`, so in every mode the client may have released them.
   */
  restoreReceived(packetIds: readonly number[]): void {
    if (packetIds.length === 0) return;
    for (const packetId of packetIds) this.received.add(packetId);
    this.#countHeap(RECEIVED_HEAP * packetIds.length);
    this.#broughtBack = new Set(packetIds);
  }

  /**
   * Releases `packetId` of a PUBLISH without DUP if a crash may have brought the
   * id back, and returns whether it did. A repeated message has DUP
   * [MQTT-3.3.1-1], so the client has released the id.
   */
  releaseBroughtBack(packetId: number): boolean {
    return this.#broughtBack !== null && this.#broughtBack.has(packetId) &&
      this.releaseReceived(packetId);
  }

  /** Releases a packet id after PUBREL. Returns whether it was known. */
  releaseReceived(packetId: number): boolean {
    this.#broughtBack?.delete(packetId);
    if (this.#received === null || !this.#received.delete(packetId)) {
      return false;
    }
    this.#countHeap(-RECEIVED_HEAP);
    this.#context.durability.changes?.received(this, packetId);
    return true;
  }

  /** Puts back an entry of the former run; in order. */
  restore(entry: Outgoing): void {
    this.queue.restore(entry);
  }

  /** Lets expiry and will delay go on: all of the session is restored. */
  restored(now: number): void {
    const isOver = this.detachedAt !== 0 && this.expiryInterval !== NEVER &&
      this.detachedAt + this.expiryInterval * 1000 <= now;
    // At once: a waiting CONNECT must not find the session.
    if (this.expiryInterval === 0 || isOver) this.#expire(isOver);
    else this.#startClock(this.detachedAt === 0 ? now : this.detachedAt);
  }
}
