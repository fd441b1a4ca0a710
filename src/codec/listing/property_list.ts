import { PropertyId, type UserProperty } from "../../mqtt/mod.ts";
import { ByteReader } from "../bytes/byte_reader.ts";
import { ByteWriter } from "../bytes/byte_writer.ts";
import { malformed } from "../bytes/errors.ts";

/** The value of any property of MQTT 5.0 (2.2.2.2). */
export type PropertyValue = number | string | Uint8Array | UserProperty;

/** A property as it stands in a packet: identifier and value. */
export type PropertyEntry = readonly [id: number, value: PropertyValue];

/** The properties of one packet, in their order. */
export interface PropertyList {
  /** The first of them. */
  readonly entries: readonly PropertyEntry[];
  /** Whether there are more. */
  readonly isCut: boolean;
  /** Offset in the chunk behind all properties. */
  readonly end: number;
}

/** The data types of MQTT 5.0, 1.5, as both sides of the wire. */
interface DataType {
  readonly read: (reader: ByteReader) => PropertyValue;
  readonly write: (writer: ByteWriter, value: never) => void;
}

const BYTE: DataType = {
  read: (reader) => reader.uint8(),
  write: (writer, value: number) => writer.uint8(value),
};
const UINT16: DataType = {
  read: (reader) => reader.uint16(),
  write: (writer, value: number) => writer.uint16(value),
};
const UINT32: DataType = {
  read: (reader) => reader.uint32(),
  write: (writer, value: number) => writer.uint32(value),
};
const VARINT: DataType = {
  read: (reader) => reader.varint(),
  write: (writer, value: number) => writer.varint(value),
};
const TEXT: DataType = {
  read: (reader) => reader.utf8(),
  write: (writer, value: string) => writer.utf8(value),
};
const BINARY: DataType = {
  read: (reader) => reader.binary(),
  write: (writer, value: Uint8Array) => writer.binary(value),
};
const PAIR: DataType = {
  read: (reader) => [reader.utf8(), reader.utf8()],
  write: (writer, [name, value]: UserProperty) => {
    writer.utf8(name);
    writer.utf8(value);
  },
};

const TYPES: Readonly<Record<number, DataType | undefined>> = {
  [PropertyId.PayloadFormatIndicator]: BYTE,
  [PropertyId.MessageExpiryInterval]: UINT32,
  [PropertyId.ContentType]: TEXT,
  [PropertyId.ResponseTopic]: TEXT,
  [PropertyId.CorrelationData]: BINARY,
  [PropertyId.SubscriptionIdentifier]: VARINT,
  [PropertyId.SessionExpiryInterval]: UINT32,
  [PropertyId.AssignedClientIdentifier]: TEXT,
  [PropertyId.ServerKeepAlive]: UINT16,
  [PropertyId.AuthenticationMethod]: TEXT,
  [PropertyId.AuthenticationData]: BINARY,
  [PropertyId.RequestProblemInformation]: BYTE,
  [PropertyId.WillDelayInterval]: UINT32,
  [PropertyId.RequestResponseInformation]: BYTE,
  [PropertyId.ResponseInformation]: TEXT,
  [PropertyId.ServerReference]: TEXT,
  [PropertyId.ReasonString]: TEXT,
  [PropertyId.ReceiveMaximum]: UINT16,
  [PropertyId.TopicAliasMaximum]: UINT16,
  [PropertyId.TopicAlias]: UINT16,
  [PropertyId.MaximumQoS]: BYTE,
  [PropertyId.RetainAvailable]: BYTE,
  [PropertyId.UserProperty]: PAIR,
  [PropertyId.MaximumPacketSize]: UINT32,
  [PropertyId.WildcardSubscriptionAvailable]: BYTE,
  [PropertyId.SubscriptionIdentifierAvailable]: BYTE,
  [PropertyId.SharedSubscriptionAvailable]: BYTE,
};

/** How much of a list is read. */
export interface PropertyBounds {
  /** Properties at most. @default all */
  readonly entries?: number;
  /** Bytes of a list above which none is read. @default any */
  readonly bytes?: number;
}

/**
 * Reads properties and their length, which begin at `at`, within `bounds`: for
 * people, whatever the packet. Judges no property: the decoder of the packet
 * does.
 *
 * @throws {ProtocolError} 0x81 when malformed.
 */
export function readPropertyList(
  chunk: Uint8Array,
  at: number,
  end: number,
  { entries: most = Infinity, bytes = Infinity }: PropertyBounds = {},
): PropertyList {
  const reader = new ByteReader(chunk, at, end);
  const stop = reader.varint() + reader.at;
  if (stop > end) throw malformed("the packet ends inside its properties");
  const list = new ByteReader(chunk, reader.at, stop);
  const entries: PropertyEntry[] = [];
  const isLarge = stop - list.at > bytes;
  while (!isLarge && list.at < stop && entries.length < most) {
    const id = list.varint();
    const type = TYPES[id];
    if (type === undefined) throw malformed(`property ${id} is unknown`);
    entries.push([id, type.read(list)]);
  }
  return { entries, isCut: list.at < stop, end: stop };
}

/**
 * Encodes properties without their length, as `Message.properties` has them.
 *
 * @throws {RangeError} for a text or bytes above 65,535 bytes.
 */
export function encodePropertyList(
  entries: readonly PropertyEntry[],
): Uint8Array {
  const writer = new ByteWriter();
  for (const [id, value] of entries) {
    writer.varint(id);
    TYPES[id]!.write(writer, value as never);
  }
  return writer.content();
}
