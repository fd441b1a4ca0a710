import {
  encodeAck,
  encodeAuth,
  encodeDisconnect,
  writeAckWithReason,
} from "../../codec/mod.ts";
import {
  type Message,
  PacketType,
  type Properties,
  type ProtocolVersion,
  type ReasonCode,
} from "../../mqtt/mod.ts";
import type { ByteStream } from "../../transport/mod.ts";
import { checkAnswer } from "./answer_too_large.ts";
import type { Context } from "../core/context.ts";
import type { Outgoing } from "../core/outgoing.ts";
import { Outbox, type OutboxOwner } from "./outbox.ts";
import type { DropReason } from "../core/reasons.ts";
import type { TopicAliases } from "./topic_aliases.ts";

const PINGRESP = new Uint8Array([PacketType.Pingresp << 4, 0]);

/** The connection that a sender belongs to. */
export interface SenderOwner extends OutboxOwner {
  /** Closes the connection because of an error. */
  fail(error: unknown): void;
}

/**
 * Sends packets to one client: in its version and size, with its aliases. Counts
 * them and appends them to its outbox.
 */
export class Sender {
  readonly #context: Context;
  readonly #owner: SenderOwner;
  /** Bytes on their way to the client. */
  readonly outbox: Outbox;
  /** Protocol version; 4 before CONNECT. */
  version: ProtocolVersion = 4;
  /** Maximum Packet Size (0x27) of the client in bytes. */
  sendLimit: number = Infinity;
  /** Most messages above QoS 0 in flight to the client. */
  sendMaximum = 65535;
  /** Receive Maximum (0x21) of the client (3.1.2.11.3). */
  receiveMaximum = 65535;
  /** Version of QoS 0 frames that may be passed on unchanged: 4, 5, or 0: none. */
  passOn: 0 | 4 | 5 = 0;
  /** Bytes at the beginning of each topic that the client does not see. */
  topicFrom = 0;
  /** Whether the client wants reason strings (3.1.2.11.7). */
  problemInformation = true;
  /** PUBLISH packets to the client, repeated ones too. */
  publishSent = 0;
  /** Aliases that the broker sets; null when the client accepts none. */
  aliasesOut: TopicAliases | null = null;

  /** `owner` learns when the stream has room again, or fails. */
  constructor(stream: ByteStream, context: Context, owner: SenderOwner) {
    this.#context = context;
    this.#owner = owner;
    this.outbox = new Outbox(
      stream,
      context.turn,
      context.counters,
      owner,
      context.durability.barrier,
      context.options.maxOutbound,
    );
  }

  /** Returns whether to drop a QoS 0 PUBLISH, as others are unread. */
  get isFull(): boolean {
    const { maxOutbound, maxQueuedMemory } = this.#context.options;
    return this.outbox.isFull(maxOutbound, maxQueuedMemory);
  }

  /** Sends a QoS 0 PUBLISH, or returns the reason of its drop. */
  sendQos0(
    message: Message,
    retain: boolean,
    identifiers: readonly number[] | null,
  ): DropReason | null {
    const { counters, head } = this.#context;
    const { outbox } = this;
    if (this.isFull) return "outbound-full";
    // The frame is passed on when this client would get the same bytes; only 5.0
    // has identifiers to add.
    if (
      message.frameVersion === this.passOn && message.frameStart >= 0 &&
      message.transient && message.retain === retain &&
      (identifiers === null || this.passOn === 4)
    ) {
      if (message.frameEnd - message.frameStart > this.sendLimit) {
        return "packet-too-large";
      }
      outbox.appendRun(message.bytes, message.frameStart, message.frameEnd);
    } else {
      head.qos = 0;
      head.dup = false; // [MQTT-3.3.1-2]
      head.retain = retain;
      head.packetId = 0; // [MQTT-2.2.1-2]
      if (!this.#appendPublish(message, identifiers)) {
        return "packet-too-large";
      }
    }
    counters.packetsSent++;
    counters.publishSent++;
    this.publishSent++;
    counters.publishBytesSent += message.payloadEnd - message.payloadStart;
    return null;
  }

  /** Sends a numbered PUBLISH; returns false when it is too large. */
  sendNumbered(entry: Outgoing, message: Message, dup: boolean): boolean {
    const { counters, head } = this.#context;
    // Sent again under another packet id, it would arrive twice.
    if (entry.qos === 2) this.waitForCommit();
    head.qos = entry.qos;
    head.dup = dup;
    head.retain = entry.retain;
    head.packetId = entry.packetId;
    if (!this.#appendPublish(message, entry.delivery.identifiers)) return false;
    counters.packetsSent++;
    counters.publishSent++;
    this.publishSent++;
    counters.publishBytesSent += message.payloadEnd - message.payloadStart;
    return true;
  }

  #appendPublish(
    message: Message,
    identifiers: readonly number[] | null,
  ): boolean {
    const { head, turn } = this.#context;
    head.version = this.version;
    head.topicFrom = this.topicFrom;
    if (this.version !== 5) {
      return this.outbox.appendPublish(head, message, this.sendLimit);
    }
    head.identifiers = identifiers;
    head.topicAlias = 0;
    head.omitTopic = false;
    // The rest of the interval [MQTT-3.3.2-6]; 0 would mean expired.
    head.expirySeconds = message.expiresAt === Infinity
      ? -1
      : Math.max(1, Math.ceil((message.expiresAt - turn.now) / 1000));
    const aliases = this.aliasesOut;
    if (aliases === null) {
      return this.outbox.appendPublish(head, message, this.sendLimit);
    }
    head.topicAlias = aliases.assign(message.topic);
    head.omitTopic = aliases.known;
    if (this.outbox.appendPublish(head, message, this.sendLimit)) return true;
    if (head.topicAlias === 0) return false;
    // The client did not get the packet that sets this alias.
    if (!head.omitTopic) aliases.forget(message.topic);
    // Without the three bytes of an alias the packet may fit.
    head.topicAlias = 0;
    head.omitTopic = false;
    return this.outbox.appendPublish(head, message, this.sendLimit);
  }

  /**
   * Has packets sent from now on wait until the effects of packets handled until
   * now are on disk, in the modes that promise it. While commits fail, the wait
   * would have no known end: acknowledgements are deferred then, or not sent.
   */
  waitForCommit(): void {
    if (!this.#context.durability.isStuck) this.outbox.waitForCommit();
  }

  /** Sends PUBACK, PUBREC, PUBREL or PUBCOMP. */
  sendAck(
    type: 4 | 5 | 6 | 7,
    packetId: number,
    reasonCode: number,
    reason?: string,
  ): void {
    // A refusal has no effect that could be lost.
    if (reasonCode < 0x80) this.waitForCommit();
    if (reasonCode === 0 || this.version !== 5) {
      this.#context.counters.packetsSent++;
      this.outbox.appendAck(type, packetId);
    } else if (reason !== undefined && this.problemInformation) {
      const bytes = encodeAck(type, packetId, reasonCode, {
        reasonString: reason,
      });
      // A reason string must not make the packet too large [MQTT-3.4.2-2].
      if (!this.send(bytes)) this.sendAck(type, packetId, reasonCode);
    } else {
      const bytes = new Uint8Array(5);
      writeAckWithReason(bytes, 0, type, packetId, reasonCode);
      this.send(bytes);
    }
  }

  /**
   * Sends an encoded packet. Returns false for one that is larger than the client
   * accepts, and treats it as sent [MQTT-3.1.2-24].
   */
  send(bytes: Uint8Array): boolean {
    if (bytes.length > this.sendLimit) return false;
    this.#context.counters.packetsSent++;
    this.outbox.append(bytes);
    return true;
  }

  /** Answers PINGREQ [MQTT-3.12.4-1]. */
  sendPingresp(): void {
    this.#context.counters.packetsSent++;
    this.outbox.append(PINGRESP);
  }

  /**
   * Sends AUTH with the method of CONNECT [MQTT-4.12.0-5].
   *
   * @throws {AnswerTooLarge} when it is larger than the client accepts.
   */
  sendAuth(
    method: string,
    reasonCode: ReasonCode,
    data: Uint8Array | undefined,
  ): void {
    const bytes = encodeAuth({
      type: 15,
      reasonCode,
      properties: {
        authenticationMethod: method,
        ...(data === undefined ? {} : { authenticationData: data }),
      },
    });
    checkAnswer(this, "AUTH", bytes.length);
    this.send(bytes);
  }

  /** Ends the connection because of an `error` while sending to it. */
  fail(error: unknown): void {
    this.#owner.fail(error);
  }

  /**
   * Sends DISCONNECT to an MQTT 5.0 client; without `reason` when the client
   * wants none, or when it makes the packet too large [MQTT-3.14.2-3].
   */
  sendDisconnect(reasonCode: ReasonCode, reason: string | undefined): void {
    const encode = (properties: Properties) =>
      encodeDisconnect({ type: 14, reasonCode, properties }, 5);
    const isSaid = reason !== undefined && this.problemInformation &&
      this.send(encode({ reasonString: reason }));
    if (!isSaid) this.send(encode({}));
  }
}
