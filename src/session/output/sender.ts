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
  /** Takes leave of the client because of an error. */
  fail(error: unknown): void;
}

/**
 * What is said to one client: packets in the version, the size and with the
 * aliases it takes, appended to its outbox and counted.
 */
export class Sender {
  readonly #context: Context;
  readonly #owner: SenderOwner;
  /** The bytes on their way out. */
  readonly outbox: Outbox;
  /** 4 until CONNECT tells another. */
  version: ProtocolVersion = 4;
  /** The largest packet the client takes, in bytes. */
  sendLimit: number = Infinity;
  /** PUBLISH packets above QoS 0 that may be on their way to the client. */
  sendMaximum = 65535;
  /** As many as the client itself takes (3.1.2.11.3). */
  receiveMaximum = 65535;
  /** Whose frames at QoS 0 can be passed on as they are: 4, 5, or 0 none. */
  passOn: 0 | 4 | 5 = 0;
  /** Bytes at the beginning of each topic that the client does not see. */
  topicFrom = 0;
  /** Whether the client wants reason strings (3.1.2.11.7). */
  problemInformation = true;
  /** Aliases the broker sets; null when the client takes none. */
  aliasesOut: TopicAliases | null = null;

  /** `owner` is told when the stream has room again or takes no more. */
  constructor(stream: ByteStream, context: Context, owner: SenderOwner) {
    this.#context = context;
    this.#owner = owner;
    this.outbox = new Outbox(
      stream,
      context.passes,
      context.counters,
      owner,
      context.durability.barrier,
      context.options.maxOutbound,
    );
  }

  /** Whether a QoS 0 PUBLISH is dropped because others wait to be read. */
  get isFull(): boolean {
    const { maxOutbound, maxQueuedMemory } = this.#context.options;
    return this.outbox.isFull(maxOutbound, maxQueuedMemory);
  }

  /** Sends a QoS 0 PUBLISH; else returns why it cannot be sent. */
  sendQos0(
    message: Message,
    retain: boolean,
    identifiers: readonly number[] | null,
  ): DropReason | null {
    const { counters, head } = this.#context;
    const { outbox } = this;
    if (this.isFull) return "outbound-full";
    // The bytes that came are the bytes to send when nothing in them differs
    // for this client; only 5.0 has identifiers to add.
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
    counters.publishBytesSent += message.payloadEnd - message.payloadStart;
    return null;
  }

  /** Sends a numbered PUBLISH; false when it is too large for the client. */
  sendNumbered(entry: Outgoing, message: Message, dup: boolean): boolean {
    const { counters, head } = this.#context;
    // Sent again under another id, it would arrive twice.
    if (entry.qos === 2) this.waitForCommit();
    head.qos = entry.qos;
    head.dup = dup;
    head.retain = entry.retain;
    head.packetId = entry.packetId;
    if (!this.#appendPublish(message, entry.delivery.identifiers)) return false;
    counters.packetsSent++;
    counters.publishSent++;
    counters.publishBytesSent += message.payloadEnd - message.payloadStart;
    return true;
  }

  #appendPublish(
    message: Message,
    identifiers: readonly number[] | null,
  ): boolean {
    const { head, passes } = this.#context;
    head.version = this.version;
    head.topicFrom = this.topicFrom;
    if (this.version !== 5) {
      return this.outbox.appendPublish(head, message, this.sendLimit);
    }
    head.identifiers = identifiers;
    head.topicAlias = 0;
    head.omitTopic = false;
    // What is left of it [MQTT-3.3.2-6]; 0 would mean that it is over.
    head.expirySeconds = message.expiresAt === Infinity
      ? -1
      : Math.max(1, Math.ceil((message.expiresAt - passes.now) / 1000));
    const aliases = this.aliasesOut;
    if (aliases === null) {
      return this.outbox.appendPublish(head, message, this.sendLimit);
    }
    head.topicAlias = aliases.assign(message.topic);
    head.omitTopic = aliases.known;
    if (this.outbox.appendPublish(head, message, this.sendLimit)) return true;
    // The client has not seen what would have set this alias.
    if (!head.omitTopic) aliases.forget(message.topic);
    return false;
  }

  /**
   * What is sent from here on waits until the effects of what was handled are
   * on disk, in the modes that promise it. While commits fail it would hold up
   * everything for nobody knows how long: what says that something is safe is
   * a deferred answer then, or is not sent.
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
      // A reason string must not make it too large [MQTT-3.4.2-2].
      if (!this.send(bytes)) this.sendAck(type, packetId, reasonCode);
    } else {
      const bytes = new Uint8Array(5);
      writeAckWithReason(bytes, 0, type, packetId, reasonCode);
      this.send(bytes);
    }
  }

  /**
   * Sends a packet encoded for the purpose. One that is larger than the client
   * takes is left out as if it had been sent [MQTT-3.1.2-24], and false says so.
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
   * Sends AUTH with the method that the CONNECT named [MQTT-4.12.0-5].
   *
   * @throws {AnswerTooLarge} when it is larger than the client takes.
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

  /** What is to be sent to this client threw `error`: its connection ends. */
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
