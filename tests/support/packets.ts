import {
  field,
  join,
  joinAll,
  packet,
  properties,
  property,
  u16,
  u8,
  utf8,
} from "./bytes.ts";
import type { Bytes } from "./bytes.ts";

/** Protocol level. */
export type Version = 3 | 4 | 5;

/** What a CONNECT may say; what is left out is a plain clean one. */
export interface ConnectOptions {
  readonly clientId?: string | Uint8Array;
  readonly clean?: boolean;
  /** Seconds. @default 0 */
  readonly keepAlive?: number;
  readonly username?: string | Uint8Array;
  readonly password?: string | Uint8Array;
  readonly will?: {
    readonly topic: string | Uint8Array;
    readonly payload: string | Uint8Array;
    readonly qos?: number;
    readonly retain?: boolean;
    readonly properties?: readonly Bytes[];
  };
  readonly properties?: readonly Bytes[];
  /** Instead of the flags that follow from the rest. */
  readonly flags?: number;
  /** Instead of the level that belongs to the version. */
  readonly level?: number;
  readonly protocolName?: string;
  /** Behind everything else. */
  readonly trailing?: Bytes;
}

/** What a PUBLISH may say. */
export interface PublishOptions {
  readonly topic: string | Uint8Array;
  readonly payload?: string | Uint8Array;
  readonly qos?: number;
  readonly retain?: boolean;
  readonly dup?: boolean;
  /** Packet id, sent when QoS is above 0. @default 1 */
  readonly id?: number;
  readonly properties?: readonly Bytes[];
}

/** One filter, with its options byte. @default 0 */
export type FilterOption =
  | string
  | Uint8Array
  | readonly [filter: string | Uint8Array, options: number];

/** A CONNECT of a session that outlives its connection by 1000 s or more. */
export function staying(
  version: Version,
  clientId = "subscriber",
): ConnectOptions {
  const properties = version === 5 ? [property.sessionExpiry(1000)] : [];
  return { clientId, clean: false, properties };
}

/** Makes the packets of one protocol version. */
export class Packets {
  readonly version: Version;

  constructor(version: Version) {
    this.version = version;
  }

  /** CONNECT. */
  connect(options: ConnectOptions = {}): Uint8Array {
    const { will, username, password } = options;
    const name = this.version === 3 ? "MQIsdp" : "MQTT";
    return packet(
      0x10,
      field(options.protocolName ?? name),
      u8(options.level ?? this.version),
      u8(options.flags ?? connectFlags(options)),
      u16(options.keepAlive ?? 0),
      this.#properties(options.properties),
      field(options.clientId ?? "c"),
      will ? this.#properties(will.properties) : "",
      will ? join(field(will.topic), field(will.payload)) : "",
      username === undefined ? "" : field(username),
      password === undefined ? "" : field(password),
      options.trailing ?? "",
    );
  }

  /** PUBLISH. */
  publish(options: PublishOptions): Uint8Array {
    const { qos = 0, payload = "" } = options;
    return packet(
      0x30 | (options.dup ? 8 : 0) | qos << 1 | (options.retain ? 1 : 0),
      field(options.topic),
      qos > 0 ? u16(options.id ?? 1) : "",
      this.#properties(options.properties),
      typeof payload === "string" ? utf8(payload) : payload,
    );
  }

  /** SUBSCRIBE. */
  subscribe(
    id: number,
    filters: readonly FilterOption[],
    parts: readonly Bytes[] = [],
  ): Uint8Array {
    const entries = filters.map((one) =>
      typeof one === "string" || one instanceof Uint8Array
        ? join(field(one), u8(0))
        : join(field(one[0]), u8(one[1]))
    );
    return packet(0x82, u16(id), this.#properties(parts), joinAll(entries));
  }

  /** UNSUBSCRIBE. */
  unsubscribe(
    id: number,
    filters: readonly (string | Uint8Array)[],
  ): Uint8Array {
    const entries = filters.map((one) => field(one));
    return packet(0xa2, u16(id), this.#properties(), joinAll(entries));
  }

  /** DISCONNECT; in 3.x it is always empty. */
  disconnect(code = 0, parts: readonly Bytes[] = []): Uint8Array {
    if (this.version < 5 || (code === 0 && parts.length === 0)) {
      return packet(0xe0);
    }
    return packet(0xe0, u8(code), properties(parts));
  }

  #properties(parts: readonly Bytes[] = []): Bytes {
    return this.version === 5 ? properties(parts) : "";
  }
}

function connectFlags(options: ConnectOptions): number {
  const { will } = options;
  return (options.clean ?? true ? 2 : 0) |
    (will ? 4 | (will.qos ?? 0) << 3 | (will.retain ? 32 : 0) : 0) |
    (options.password === undefined ? 0 : 64) |
    (options.username === undefined ? 0 : 128);
}

function acknowledgement(
  firstByte: number,
  id: number,
  code?: number,
  parts?: readonly Bytes[],
): Uint8Array {
  return packet(
    firstByte,
    u16(id),
    code === undefined ? "" : u8(code),
    parts === undefined ? "" : properties(parts),
  );
}

/** PUBACK; without a code in its short form, good in every version. */
export function puback(id: number, code?: number, parts?: Bytes[]): Uint8Array {
  return acknowledgement(0x40, id, code, parts);
}

/** PUBREC. */
export function pubrec(id: number, code?: number, parts?: Bytes[]): Uint8Array {
  return acknowledgement(0x50, id, code, parts);
}

/** PUBREL. */
export function pubrel(id: number, code?: number, parts?: Bytes[]): Uint8Array {
  return acknowledgement(0x62, id, code, parts);
}

/** PUBCOMP. */
export function pubcomp(
  id: number,
  code?: number,
  parts?: Bytes[],
): Uint8Array {
  return acknowledgement(0x70, id, code, parts);
}

/** PINGREQ. */
export function pingreq(): Uint8Array {
  return packet(0xc0);
}

/** AUTH of MQTT 5.0. */
export function auth(code: number, parts: readonly Bytes[]): Uint8Array {
  return packet(0xf0, u8(code), properties(parts));
}
