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

/** Most sessions have lost nothing, and share it. */
const NONE: readonly never[] = [];

/** The session that a queue belongs to. */
export interface QueueOwner extends Subscriber, StoredSession {
  /** Whether a crash now could bring back a former session of its client. */
  readonly isEnding: boolean;
}

/**
 * All that one session still has to give its client, in order: what is in
 * flight, what waits behind it, and what is retained for new subscriptions.
 * It lives as long as the session; a sender serves it while there is one.
 */
export class OutgoingQueue implements FeedTarget, ReserveOwner {
  readonly #owner: QueueOwner;
  readonly #context: Context;
  readonly #window = new InflightWindow();
  /** Made with the first QoS 2 message that a crash could make us forget. */
  #reserve: IdReserve | null = null;
  readonly #backlog: Backlog;
  /** Made with the first subscription that has something retained. */
  #feeds: RetainedFeeds | null = null;
  /** What serves it now, or null. */
  #sender: Sender | null = null;
  /** Shared groups it has left and whose messages it still has, or null. */
  #left: Set<string> | null = null;
  /** Made with the first message that is dropped. */
  #drops: DropNotes | null = null;

  /** `owner` is the session it belongs to. */
  constructor(owner: QueueOwner, context: Context) {
    this.#owner = owner;
    this.#context = context;
    this.#backlog = new Backlog(context.counters);
  }

  /** Messages in the backlog. */
  get waiting(): number {
    return this.#backlog.size;
  }

  /** Messages sent and not yet acknowledged. */
  get inflight(): number {
    return this.#window.size;
  }

  /** Bytes of the messages that wait (see `Message.size`). */
  get waitingBytes(): number {
    return this.#backlog.bytes;
  }

  /** What its client did not get, since the broker started. */
  get drops(): readonly DropNote[] {
    return this.#drops?.all() ?? NONE;
  }

  /** What would become of a message that is posted now. */
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

  /** Whether a message that cannot be sent at once may wait. */
  #mayWait(message: Message, qos: QoS): boolean {
    const { options, full } = this.#context;
    if (qos === 0 && (full || (this.#sender === null && !options.queueQos0))) {
      return false;
    }
    return this.#backlog.exceeds(message.size, options) === null;
  }

  /** Whether a message above QoS 0 would be sent at once. */
  #takes(sender: Sender): boolean {
    const window = this.#window;
    return this.#backlog.size === 0 && !window.isResending &&
      window.outstanding < sender.sendMaximum && !sender.outbox.held;
  }

  /** Whether nothing waits, and the outbox takes more. */
  get hasRoom(): boolean {
    const sender = this.#sender;
    return sender !== null && this.#backlog.size === 0 && !sender.outbox.held;
  }

  /** Whether a crash could have its client get a QoS 2 message twice. */
  get mayRepeat(): boolean {
    return this.#window.mayRepeat(this.#context.durability);
  }

  /** From now on `sender` serves it; `resume` comes after CONNACK. */
  attach(sender: Sender): void {
    this.#sender = sender;
  }

  /** Nobody serves it; what waits, waits. */
  detach(): void {
    this.#sender = null;
    this.#window.suspend();
  }

  /** Sends again what was in flight, in order, then what waited (4.4). */
  resume(): void {
    this.#window.resume();
    const sender = this.#sender;
    this.#reserve?.free((id) => sender?.sendAck(PacketType.Pubrel, id, 0));
    this.drain();
  }

  /** Whether a PUBCOMP is for an id that a crash had made unknown. */
  freed(packetId: number): boolean {
    return this.#reserve?.freed(packetId) ?? false;
  }

  /** It may wait for long: what is in flight keeps no more than its bytes. */
  compact(): void {
    for (const entry of this.#window.inOrder()) entry.message?.compact();
  }

  /** Posts a message: sent at once where possible, else it waits. */
  post(message: Message, qos: QoS, retain: boolean, delivery: Delivery): void {
    const sender = this.#sender;
    if (qos === 0) {
      if (sender !== null) {
        // Never past a QoS 0 message that waits [MQTT-4.6.0-6].
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
      // Until commits work again it waits in the backlog; then `drain` comes.
      if (this.#context.durability.mustStay(entry)) return this.#enqueue(entry);
      this.#hold(entry);
      this.#sendNumbered(sender, entry);
      return;
    }
    this.#enqueue(new Outgoing(message.keep(), qos, retain, delivery));
  }

  /**
   * Sends what is retained for a new subscription, in slices, without the
   * messages of the client `notFrom`.
   */
  feedRetained(
    filter: string,
    cursor: RetainedCursor,
    delivery: Delivery,
    notFrom: string | null,
  ): void {
    this.#feeds ??= new RetainedFeeds(this, this.#context.passes);
    this.#feeds.add({ filter, cursor, delivery, notFrom });
  }

  /** It unsubscribed: no more retained messages for `filter` [MQTT-3.10.4-2]. */
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
   * Sends what the window and the outbox have room for. It is called for many
   * clients in a row, so what it throws ends this client's connection alone.
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
      if (message.expiresAt <= this.#context.passes.now) {
        this.drop("expired", message); // [MQTT-3.3.2-5]
      } else if (this.receivable(message, next.qos) < 0) {
        // Since it was queued, the rules or whose session it is have changed.
        if (!this.#passOver(next)) this.drop("read-denied", message);
      } else if (next.qos === 0) {
        this.#sendQos0(sender, message, next.retain, next.delivery);
      } else {
        // [MQTT-3.3.4-9]: no more at once than the client said.
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

  /** The entry in flight with this packet id, or null. */
  find(packetId: number): Outgoing | null {
    return this.#window.get(packetId);
  }

  /** PUBACK, PUBCOMP, or a PUBREC that refuses: the exchange is over. */
  acknowledged(entry: Outgoing, refused: boolean): void {
    if (refused) this.drop("client-refused", entry.message);
    this.#forget(entry);
    if (this.#backlog.size > 0 || this.#window.isResending) this.drain();
    else this.#feeds?.go();
  }

  /** PUBREC: the client has the message, only the number is still needed. */
  receivedByClient(entry: Outgoing): void {
    if (entry.message === null) return;
    this.#context.release(entry.message);
    entry.message = null;
    this.#context.durability.changes?.changed(entry);
  }

  /**
   * It left these groups: others get what it has not been sent yet. The backlog
   * is gone through once a turn, however many UNSUBSCRIBEs there were.
   */
  leftGroups(groups: readonly SharedName[]): void {
    if (groups.length === 0 || this.#backlog.size === 0) return;
    if (this.#left === null) {
      this.#left = new Set();
      this.#context.passes.inTurns(() => this.#passOverLeft());
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

  /** The session is over: shared messages go to others, the rest is dropped. */
  end(): void {
    const context = this.#context;
    this.#feeds?.clear();
    for (const entry of this.#window.inOrder()) {
      context.durability.changes?.done(entry);
      if (entry.message === null) continue;
      // What a QoS 2 receiver may have seen goes to nobody else
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

  /** Puts back what was held when the broker stopped; in order. */
  restore(entry: Outgoing): void {
    if (entry.message !== null) this.#context.hold(entry.message);
    if (entry.packetId !== 0 && this.#window.restore(entry)) return;
    entry.packetId = 0;
    this.#backlog.push(entry);
  }

  /** What has to last of its packet ids; null when it is nothing. */
  get packetIds(): StoredPacketIds | null {
    return this.#reserve === null ? null : this.#reserve.stored;
  }

  /** What lasted of its packet ids; before any entry is put back. */
  restoreIds(stored: StoredPacketIds): void {
    const { durability } = this.#context;
    this.#reserve = new IdReserve(this.#window, durability, this, stored);
  }

  /** The broker stops, and knows which ids it has given. */
  brokerStops(): void {
    this.#reserve?.giveBack();
  }

  /** The store has to know of packet ids that may be given from now on. */
  noted(): void {
    this.#context.durability.changes?.sessionChanged(this.#owner);
  }

  /** QoS 2 messages that waited for a packet id get theirs. */
  granted(): void {
    this.#context.passes.begin();
    this.drain();
  }

  /** Retained messages could not be fed: its client is to ask for them anew. */
  feedFailed(error: unknown): void {
    if (this.#sender !== null) this.#sender.fail(error);
    else this.#context.faults.note("a retained message is not sent", error);
  }

  /** The highest QoS up to `qos` at which the client may get it, or -1. */
  receivable(message: Message, qos: QoS, filter?: string): QoS | -1 {
    return this.#owner.receivable(message, qos, filter);
  }

  /** Whether a QoS 2 message may be given a packet id now. */
  #admits(message: Message): boolean {
    const { durability } = this.#context;
    const { slot } = this.#owner;
    if (slot === null || !durability.mayForgetId(message)) return true;
    this.#reserve ??= new IdReserve(this.#window, durability, this, null);
    return this.#reserve.admits(
      slot.block === 0 && !this.#owner.isEnding,
    );
  }

  /** Gives what it was to have by a shared group to another member. */
  #passOver(entry: Outgoing): boolean {
    const { router } = this.#context;
    return router.redistribute(entry.message!, entry.delivery, this.#owner);
  }

  /** Numbers and sends a message that is held already. */
  #sendNumbered(sender: Sender, entry: Outgoing): void {
    this.#window.add(entry);
    // One that is not on disk yet will be written as it is by then.
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

  /** Returns whether all of it went out. */
  #sendAgain(sender: Sender): boolean {
    const window = this.#window;
    for (let entry = window.unsent(); entry !== null; entry = window.unsent()) {
      const { message } = entry;
      if (this.#context.durability.mustStay(entry)) return false;
      // PUBREL goes out whatever is left of the client's receive maximum (4.9).
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

  /** Sends a PUBLISH in flight again; else returns why it cannot be sent. */
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
      // What can never fit pushes nothing out.
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

  /** From now on the message of `entry` is kept for this session. */
  #hold(entry: Outgoing): void {
    const context = this.#context;
    context.hold(entry.message!);
    const { changes } = context.durability;
    if (changes !== null && !entry.message!.volatile) changes.queued(entry);
  }

  /** Nobody needs `entry` any more. */
  #letGo(entry: Outgoing): void {
    const context = this.#context;
    if (entry.message !== null) context.release(entry.message);
    context.durability.changes?.done(entry);
  }

  /** Counts a message that its client does not get. */
  drop(reason: DropReason, message: Message | null): void {
    const { counters, passes } = this.#context;
    counters.dropped[reason]++;
    if (message === null) return;
    this.#drops ??= new DropNotes();
    this.#drops.note(reason, message.topic.text, passes.now);
  }
}
