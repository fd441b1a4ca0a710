import {
  type Message,
  PacketType,
  type QoS,
  sharedFilter,
} from "../../mqtt/mod.ts";
import {
  type Delivery,
  Readiness,
  type RetainedCursor,
  type SharedName,
  type Subscriber,
} from "../../router/mod.ts";
import type { StoredPacketIds, StoredSession } from "../../store/mod.ts";
import { Backlog } from "./backlog.ts";
import type { Context } from "../core/context.ts";
import { type DropNote, DropNotes } from "./drop_notes.ts";
import { IdReserve, type ReserveOwner } from "./id_reserve.ts";
import { InflightWindow } from "./inflight_window.ts";
import { Outgoing } from "../core/outgoing.ts";
import type { DropReason } from "../core/reasons.ts";
import { type FeedTarget, RetainedFeeds } from "./retained_feeds.ts";
import type { Sender } from "../output/sender.ts";

/** Notes of most sessions: none. */
const NONE: readonly never[] = [];

/** The session that a queue belongs to. */
export interface QueueOwner extends Subscriber, StoredSession {
  /** Returns whether a crash now could bring back a former session of its client. */
  readonly isEnding: boolean;
}

/**
 * The messages of one session for its client, in order: those in flight, those
 * that wait, and retained ones for new subscriptions. The queue lives as long as
 * the session; the sender of a connection serves it.
 */
export class OutgoingQueue implements FeedTarget, ReserveOwner {
  readonly #owner: QueueOwner;
  readonly #context: Context;
  readonly #window = new InflightWindow();
  /** Made with the first QoS 2 message that a crash could lose. */
  #reserve: IdReserve | null = null;
  readonly #backlog: Backlog;
  /** Made with the first subscription that has retained messages. */
  #feeds: RetainedFeeds | null = null;
  /** The sender of the present connection, or null. */
  #sender: Sender | null = null;
  /** Shared groups that it has left, whose messages still wait, or null. */
  #left: Set<string> | null = null;
  /** Made with the first message that is dropped. */
  #drops: DropNotes | null = null;

  /** `owner` is the session. */
  constructor(owner: QueueOwner, context: Context) {
    this.#owner = owner;
    this.#context = context;
    this.#backlog = new Backlog(context.counters);
  }

  /** Returns the number of messages in the backlog. */
  get waiting(): number {
    return this.#backlog.size;
  }

  /** Returns the number of messages in flight. */
  get inflight(): number {
    return this.#window.size;
  }

  /** Returns the bytes of waiting messages (see `Message.size`). */
  get waitingBytes(): number {
    return this.#backlog.bytes;
  }

  /** Returns the messages that its client did not get since the start. */
  get drops(): readonly DropNote[] {
    return this.#drops?.all() ?? NONE;
  }

  /** Returns the number of those messages. */
  get dropped(): number {
    return this.#drops === null ? 0 : this.#drops.total;
  }

  /** Returns the fate of a message that is posted now. */
  readiness(message: Message, qos: QoS): Readiness {
    const sender = this.#sender;
    if (sender !== null && qos === 0 && this.#backlog.qos0 === 0) {
      if (!sender.outbox.held) return Readiness.Free;
      return sender.isFull ? Readiness.Full : Readiness.Busy;
    }
    if (sender !== null && qos !== 0 && this.#takes(sender)) {
      return Readiness.Free;
    }
    if (!this.#mayWait(message, qos)) return Readiness.Full;
    return sender === null ? Readiness.Away : Readiness.Busy;
  }

  /** Returns whether a message that cannot be sent at once may wait. */
  #mayWait(message: Message, qos: QoS): boolean {
    const { options, full } = this.#context;
    if (qos === 0 && (full || (this.#sender === null && !options.queueQos0))) {
      return false;
    }
    return this.#backlog.exceeds(message.size, options) === null;
  }

  /** Returns whether a message above QoS 0 would be sent at once. */
  #takes(sender: Sender): boolean {
    const window = this.#window;
    return this.#backlog.size === 0 && !window.isResending &&
      window.outstanding < sender.sendMaximum && !sender.outbox.held;
  }

  /** Returns whether no message waits, and the outbox has room. */
  get hasRoom(): boolean {
    const sender = this.#sender;
    return sender !== null && this.#backlog.size === 0 && !sender.outbox.held;
  }

  /** Returns whether a crash could repeat a QoS 2 message to its client. */
  get mayRepeat(): boolean {
    return this.#window.mayRepeat(this.#context.durability);
  }

  /** Uses `sender` from now on; `resume` follows after CONNACK. */
  attach(sender: Sender): void {
    this.#sender = sender;
  }

  /** Ends the use of the sender: messages wait. */
  detach(): void {
    this.#sender = null;
    this.#window.suspend();
  }

  /** Sends messages in flight again, in order, then those that wait (4.4). */
  resume(): void {
    this.#window.resume();
    const sender = this.#sender;
    this.#reserve?.free((id) => sender?.sendAck(PacketType.Pubrel, id, 0));
    this.drain();
  }

  /** Returns whether a PUBCOMP is for an id that a crash had made unknown. */
  freed(packetId: number): boolean {
    return this.#reserve?.freed(packetId) ?? false;
  }

  /** Gives messages in flight bytes of their own: they may wait for long. */
  compact(): void {
    for (const entry of this.#window.inOrder()) entry.message?.compact();
  }

  /** Sends a message at once where possible, else has it wait. */
  post(message: Message, qos: QoS, retain: boolean, delivery: Delivery): void {
    const sender = this.#sender;
    if (qos === 0) {
      if (sender !== null) {
        // No message overtakes a waiting one of QoS 0 [MQTT-4.6.0-6].
        if (this.#backlog.qos0 === 0) {
          return this.#sendQos0(sender, message, retain, delivery);
        }
      } else if (!this.#context.options.queueQos0) {
        return this.drop("detached-qos0", message);
      }
    } else if (
      sender !== null && this.#takes(sender) &&
      (qos === 1 || this.#admits(message))
    ) {
      const entry = new Outgoing(message.keep(), qos, retain, delivery);
      // The message waits until commits work again; then `drain` follows.
      if (this.#context.durability.mustStay(entry)) return this.#enqueue(entry);
      this.#hold(entry);
      this.#sendNumbered(sender, entry);
      return;
    }
    this.#enqueue(new Outgoing(message.keep(), qos, retain, delivery));
  }

  /**
   * Sends retained messages for a new subscription, in slices, without those of
   * the client `notFrom`.
   */
  feedRetained(
    filter: string,
    cursor: RetainedCursor,
    delivery: Delivery,
    notFrom: string | null,
  ): void {
    this.#feeds ??= new RetainedFeeds(this, this.#context.turn);
    this.#feeds.add({ filter, cursor, delivery, notFrom });
  }

  /** Stops retained messages for `filter` after UNSUBSCRIBE [MQTT-3.10.4-2]. */
  stopFeed(filter: string): void {
    this.#feeds?.stop(filter);
  }

  #sendQos0(
    sender: Sender,
    message: Message,
    retain: boolean,
    { identifiers }: Delivery,
  ): void {
    const why = sender.sendQos0(message, retain, identifiers);
    if (why !== null) this.drop(why, message);
  }

  /**
   * Sends messages while the window and the outbox have room. An error ends this
   * client's connection alone: callers drain many clients in a row.
   */
  drain(): void {
    const sender = this.#sender;
    if (sender === null) return;
    try {
      this.#drain(sender);
    } catch (error) {
      sender.fail(error);
    }
  }

  #drain(sender: Sender): void {
    if (this.#window.isResending && !this.#sendAgain(sender)) return;
    while (this.#backlog.size > 0) {
      if (sender.outbox.held) return;
      const next = this.#backlog.peek()!;
      const message = next.message!;
      if (message.expiresAt <= this.#context.turn.now) {
        this.drop("expired", message); // [MQTT-3.3.2-5]
      } else if (this.receivable(message, next.qos) < 0) {
        // The rules or the owner of the session have changed since.
        if (!this.#passOver(next)) this.drop("read-denied", message);
      } else if (next.qos === 0) {
        this.#sendQos0(sender, message, next.retain, next.delivery);
      } else {
        // [MQTT-3.3.4-9]: Receive Maximum (0x21) of the client.
        if (this.#window.outstanding >= sender.sendMaximum) return;
        if (this.#context.durability.mustStay(next)) return;
        if (next.qos === 2 && !this.#admits(message)) return;
        this.#backlog.shift();
        this.#sendNumbered(sender, next);
        continue;
      }
      this.#backlog.shift();
      this.#letGo(next);
    }
    this.#feeds?.go();
  }

  /** Returns the entry in flight with this packet id, or null. */
  find(packetId: number): Outgoing | null {
    return this.#window.get(packetId);
  }

  /** Ends an exchange after PUBACK, PUBCOMP, or a PUBREC that refuses. */
  acknowledged(entry: Outgoing, refused: boolean): void {
    if (refused) this.drop("client-refused", entry.message);
    this.#forget(entry);
    if (this.#backlog.size > 0 || this.#window.isResending) this.drain();
    else this.#feeds?.go();
  }

  /** Drops a message after PUBREC: only its packet id is needed. */
  receivedByClient(entry: Outgoing): void {
    if (entry.message === null) return;
    this.#context.release(entry.message);
    entry.message = null;
    this.#context.durability.changes?.changed(entry);
  }

  /**
   * Gives waiting messages of these groups, which the client has left, to other
   * members. Visits the backlog once a turn, whatever the number of UNSUBSCRIBEs.
   */
  leftGroups(groups: readonly SharedName[]): void {
    if (groups.length === 0 || this.#backlog.size === 0) return;
    if (this.#left === null) {
      this.#left = new Set();
      this.#context.turn.inTurns(() => this.#passOverLeft());
    }
    for (const group of groups) {
      this.#left.add(sharedFilter(group.name, group.filter));
    }
  }

  #passOverLeft(): false {
    const left = this.#left!;
    this.#left = null;
    for (let count = this.#backlog.size; count > 0; count--) {
      const entry = this.#backlog.shift()!;
      const { group } = entry.delivery;
      const isLeft = group !== null &&
        left.has(sharedFilter(group.name, group.filter));
      if (isLeft && this.#passOver(entry)) this.#letGo(entry);
      else this.#backlog.push(entry);
    }
    return false;
  }

  /** Gives shared messages to others and drops the rest: the session has ended. */
  end(): void {
    const context = this.#context;
    this.#feeds?.clear();
    for (const entry of this.#window.inOrder()) {
      context.durability.changes?.done(entry);
      if (entry.message === null) continue;
      // No other member gets a QoS 2 message that this one may have
      // [MQTT-4.8.2-5].
      if (entry.qos === 1) this.#passOver(entry);
      context.release(entry.message);
    }
    const backlog = this.#backlog;
    for (let next = backlog.shift(); next !== null; next = backlog.shift()) {
      if (!this.#passOver(next)) this.drop("session-ended", next.message);
      this.#letGo(next);
    }
  }

  /** Puts back an entry of the former run; in order. */
  restore(entry: Outgoing): void {
    if (entry.message !== null) this.#context.hold(entry.message);
    if (entry.packetId !== 0 && this.#window.restore(entry)) return;
    entry.packetId = 0;
    this.#backlog.push(entry);
  }

  /** Returns the packet ids that have to last; null for none. */
  get packetIds(): StoredPacketIds | null {
    return this.#reserve === null ? null : this.#reserve.stored;
  }

  /** Restores its packet ids; before any entry is put back. */
  restoreIds(stored: StoredPacketIds): void {
    const { durability } = this.#context;
    this.#reserve = new IdReserve(this.#window, durability, this, stored);
  }

  /** Gives reserved packet ids back: the broker stops. */
  brokerStops(): void {
    this.#reserve?.giveBack();
  }

  /** Notes in the store the packet ids that may be given from now on. */
  noted(): void {
    this.#context.durability.changes?.sessionChanged(this.#owner);
  }

  /** Sends QoS 2 messages that waited for a packet id. */
  granted(): void {
    const { clientId } = this.#owner;
    this.#context.turn.begin({ kind: "packets", clientId });
    this.drain();
  }

  /** Closes the connection after a failed feed: its client asks again. */
  feedFailed(error: unknown): void {
    if (this.#sender !== null) this.#sender.fail(error);
    else this.#context.faults.note("a retained message is not sent", error);
  }

  /** Returns the highest QoS up to `qos` at which the client may get it, or -1. */
  receivable(message: Message, qos: QoS, filter?: string): QoS | -1 {
    return this.#owner.receivable(message, qos, filter);
  }

  /** Returns whether a QoS 2 message may get a packet id now. */
  #admits(message: Message): boolean {
    const { durability } = this.#context;
    const { slot } = this.#owner;
    if (slot === null || !durability.mayForgetId(message)) return true;
    this.#reserve ??= new IdReserve(this.#window, durability, this, null);
    return this.#reserve.admits(
      slot.block === 0 && !this.#owner.isEnding,
    );
  }

  /** Gives a message of a shared group to another member. */
  #passOver(entry: Outgoing): boolean {
    const { router } = this.#context;
    return router.redistribute(entry.message!, entry.delivery, this.#owner);
  }

  /** Numbers and sends a message that is already held. */
  #sendNumbered(sender: Sender, entry: Outgoing): void {
    this.#window.add(entry);
    // An entry not yet on disk is written in its state by then.
    if (entry.number !== 0) this.#context.durability.changes?.changed(entry);
    if (!sender.sendNumbered(entry, entry.message!, false)) {
      this.drop("packet-too-large", entry.message); // [MQTT-3.1.2-25]
      this.#forget(entry);
    }
  }

  #forget(entry: Outgoing): void {
    this.#letGo(entry);
    this.#window.remove(entry);
  }

  /** Returns whether all entries were sent. */
  #sendAgain(sender: Sender): boolean {
    const window = this.#window;
    for (let entry = window.unsent(); entry !== null; entry = window.unsent()) {
      const { message } = entry;
      if (this.#context.durability.mustStay(entry)) return false;
      // PUBREL does not count for Receive Maximum (0x21) (4.9).
      if (message === null) {
        sender.sendAck(PacketType.Pubrel, entry.packetId, 0);
      } else {
        if (window.outstanding >= sender.sendMaximum) return false;
        if (sender.outbox.held) return false;
        const reason = this.#resendPublish(sender, entry, message);
        if (reason !== null) {
          this.#giveUp(entry, reason);
          continue;
        }
      }
      window.resent(entry);
    }
    return true;
  }

  /** Sends a PUBLISH in flight again, or returns the reason of its drop. */
  #resendPublish(
    sender: Sender,
    entry: Outgoing,
    message: Message,
  ): DropReason | null {
    // The previous owner of the session may have received it; this one may not.
    if (this.receivable(message, entry.qos) < 0) return "read-denied";
    return sender.sendNumbered(entry, message, true)
      ? null
      : "packet-too-large"; // [MQTT-3.1.2-25]
  }

  /**
   * Drops a message in flight before it is sent again. At QoS 2 the client may
   * have received it, so the exchange goes on with PUBREL: only after PUBCOMP
   * may another message have the packet id [MQTT-2.2.1-4].
   */
  #giveUp(entry: Outgoing, reason: DropReason): void {
    this.drop(reason, entry.message);
    if (entry.qos === 2) this.receivedByClient(entry);
    else this.#forget(entry);
  }

  #enqueue(entry: Outgoing): void {
    const { options } = this.#context;
    const message = entry.message!;
    const backlog = this.#backlog;
    if (entry.qos === 0 && this.#context.full) {
      const why = this.#context.durability.isFull ? "disk-full" : "memory-full";
      return this.drop(why, message);
    }
    for (;;) {
      const reason = backlog.exceeds(message.size, options);
      if (reason === null) break;
      // A message that can never fit replaces no other.
      if (
        options.backlogPolicy === "drop-new" ||
        message.size > options.backlogBytes
      ) return this.drop(reason, message);
      const oldest = backlog.shift()!;
      this.drop(reason, oldest.message);
      this.#letGo(oldest);
    }
    message.compact();
    this.#hold(entry);
    backlog.push(entry);
  }

  /** Keeps the message of `entry` for this session. */
  #hold(entry: Outgoing): void {
    const context = this.#context;
    context.hold(entry.message!);
    const { changes } = context.durability;
    if (changes !== null && !entry.message!.volatile) changes.queued(entry);
  }

  /** Releases `entry`, which is no longer needed. */
  #letGo(entry: Outgoing): void {
    const context = this.#context;
    if (entry.message !== null) context.release(entry.message);
    context.durability.changes?.done(entry);
  }

  /** Counts and notes a message that its client does not get. */
  drop(reason: DropReason, message: Message | null): void {
    const { counters, turn } = this.#context;
    counters.dropped[reason]++;
    if (message === null) return;
    this.#drops ??= new DropNotes();
    this.#drops.note(reason, message.topic, turn.now);
  }
}
