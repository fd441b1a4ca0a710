import {
  decodeUtf8,
  encodeUtf8,
  Message,
  type QoS,
  Topic,
} from "../../mqtt/mod.ts";
import type { RecordReader } from "./record_reader.ts";
import type { RecordWriter } from "./record_writer.ts";

const QOS = 0x03;
const RETAIN = 0x04;
const PROPERTIES = 0x08;
const EXPIRES = 0x10;
const PUBLISHER = 0x20;

/** Length from which on a message gets bytes of its own. */
const LONG = 1024;

/** Texts shared while loading. */
const SHARED = 4096;

/**
 * Writes `message` without its payload. The payload always ends the record and
 * goes from the message into the block without another copy. `shift` is that of
 * `StoreTime`.
 */
export function writeMessage(
  into: RecordWriter,
  message: Message,
  shift: number,
): void {
  const { properties, expiresAt, publisher } = message;
  const expires = expiresAt !== Infinity;
  into.uint8(
    message.qos | (message.retain ? RETAIN : 0) |
      (properties !== null ? PROPERTIES : 0) | (expires ? EXPIRES : 0) |
      (publisher !== "" ? PUBLISHER : 0),
  );
  into.binary(message.topic.bytes);
  if (properties !== null) into.binary(properties);
  // Rounded up: a message must not expire early.
  if (expires) into.varint(Math.max(0, Math.ceil(expiresAt + shift)));
  if (publisher !== "") into.text(publisher);
}

/** Reads messages; equal topics and publishers are shared. */
export class MessageReader {
  readonly #topics = new Map<string, Topic>();
  readonly #publishers = new Map<string, string>();
  readonly #message: Message = transient();
  readonly #shift: number;

  /** `shift` is that of `StoreTime`. */
  constructor(shift: number) {
    this.#shift = shift;
  }

  /**
   * Reads the message that ends the record `from`. It is transient: its payload
   * is in the reader's bytes. Each call returns the same object, valid until
   * the next call.
   */
  read(from: RecordReader): Message {
    const flags = from.uint8();
    return this.#rest(from, flags, this.#topic(from));
  }

  /**
   * Reads a message whose topic is not repeated, as that of a retained message.
   * The topic is not shared, and its bytes stay in the reader's, unless the
   * message is so long that it is kept as it is.
   */
  readOnce(from: RecordReader): Message {
    const flags = from.uint8();
    const isLong = from.end - from.at > LONG;
    const bytes = isLong ? from.binary() : from.view();
    const text = decodeUtf8(bytes, 0, bytes.length);
    return this.#rest(from, flags, new Topic(text, bytes));
  }

  #rest(from: RecordReader, flags: number, topic: Topic): Message {
    const properties = (flags & PROPERTIES) === 0 ? null : from.binary();
    const expiresAt = (flags & EXPIRES) === 0
      ? Infinity
      : from.varint() - this.#shift;
    const publisher = (flags & PUBLISHER) === 0 ? "" : this.#publisher(from);
    const message = this.#message;
    message.topic = topic;
    message.bytes = from.bytes;
    message.payloadStart = from.at;
    message.payloadEnd = from.at = from.end;
    message.qos = (flags & QOS) as QoS;
    message.retain = (flags & RETAIN) !== 0;
    message.properties = properties;
    message.expiresAt = expiresAt;
    message.publisher = publisher;
    message.kept = null;
    return message;
  }

  #publisher(from: RecordReader): string {
    const text = from.text();
    const known = this.#publishers.get(text);
    if (known !== undefined) return known;
    if (this.#publishers.size < SHARED) this.#publishers.set(text, text);
    return text;
  }

  #topic(from: RecordReader): Topic {
    const text = from.text();
    const known = this.#topics.get(text);
    if (known !== undefined) return known;
    const topic = new Topic(text, encodeUtf8(text));
    if (this.#topics.size < SHARED) this.#topics.set(text, topic);
    return topic;
  }
}

function transient(): Message {
  const none = new Uint8Array(0);
  const message = new Message(new Topic("", none), none, 0, 0);
  message.transient = true;
  return message;
}
