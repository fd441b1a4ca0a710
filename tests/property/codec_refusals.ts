import { strict as assert } from "node:assert";
import { ProtocolError, type ProtocolVersion } from "../../src/mqtt/mod.ts";
import {
  type Bytes,
  field,
  packet,
  properties,
  u16,
  u8,
} from "../support/bytes.ts";
import { decodeWhole } from "./codec_support.ts";

const MALFORMED = 0x81;
const PROTOCOL_ERROR = 0x82;

const ONLY_5: readonly ProtocolVersion[] = [5];
/** Every version. */
export const ALL: readonly ProtocolVersion[] = [3, 4, 5];
/** 3.1 and 3.1.1. */
export const OLD: readonly ProtocolVersion[] = [3, 4];

/** One packet to refuse, and how. */
export interface Row {
  /** Said in the error: so that no other fault stands in for this one. */
  readonly says: RegExp;
  readonly code: number;
  readonly bytes: Uint8Array;
  /** @default [5] */
  readonly versions?: readonly ProtocolVersion[];
  readonly fromServer?: boolean;
}

/** A test that all `rows` are refused, each for its own reason. */
export function refuses(name: string, ...rows: readonly Row[]): void {
  Deno.test(`refuses ${name}`, () => {
    for (const { says, code, bytes, versions, fromServer } of rows) {
      for (const version of versions ?? ONLY_5) {
        assert.throws(
          () => decodeWhole(bytes, version, fromServer),
          (error) => {
            assert(error instanceof ProtocolError, String(error));
            assert.match(error.message, says);
            assert.equal(error.reasonCode, code, error.message);
            return true;
          },
        );
      }
    }
  });
}

/** A test that none of `all` is refused. */
export function accepts(
  name: string,
  versions: readonly ProtocolVersion[],
  ...all: readonly Uint8Array[]
): void {
  Deno.test(`accepts ${name}`, () => {
    for (const bytes of all) {
      for (const version of versions) decodeWhole(bytes, version);
    }
  });
}

/** Refused with 0x81. */
export function malformed(says: RegExp, bytes: Uint8Array): Row {
  return { says, code: MALFORMED, bytes };
}

/** Refused with 0x82. */
export function violation(says: RegExp, bytes: Uint8Array): Row {
  return { says, code: PROTOCOL_ERROR, bytes };
}

/** A QoS 0 PUBLISH of 5.0 to topic `t`. */
export function publish5(...parts: Bytes[]): Uint8Array {
  return packet(0x30, field("t"), properties(parts));
}

/** A CONNECT of 5.0 without will, user name and password. */
export function connect5(...parts: Bytes[]): Uint8Array {
  return packet(
    0x10,
    field("MQTT"),
    u8(5),
    u8(2),
    u16(60),
    properties(parts),
    field("id"),
  );
}

/** A CONNECT with a keep alive of a minute. */
export function connect(
  name: string,
  level: number,
  flags: number,
  ...payload: Bytes[]
): Uint8Array {
  return packet(0x10, field(name), u8(level), u8(flags), u16(60), ...payload);
}

/** A CONNECT of 5.0 with a will that has these properties. */
export function will5(topic: string, ...parts: Bytes[]): Uint8Array {
  return connect(
    "MQTT",
    5,
    0x06,
    "00",
    field("id"),
    properties(parts),
    field(topic),
    field("payload"),
  );
}
