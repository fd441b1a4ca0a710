import { PacketType } from "../mqtt/mod.ts";

/** Kinds of packets by their name in commands, with their packet type. */
export const TRACE_KINDS = {
  connect: PacketType.Connect,
  connack: PacketType.Connack,
  publish: PacketType.Publish,
  puback: PacketType.Puback,
  pubrec: PacketType.Pubrec,
  pubrel: PacketType.Pubrel,
  pubcomp: PacketType.Pubcomp,
  subscribe: PacketType.Subscribe,
  suback: PacketType.Suback,
  unsubscribe: PacketType.Unsubscribe,
  unsuback: PacketType.Unsuback,
  pingreq: PacketType.Pingreq,
  pingresp: PacketType.Pingresp,
  disconnect: PacketType.Disconnect,
  auth: PacketType.Auth,
  /** The end of a connection, which no packet tells. */
  closed: 0,
} as const;

/** A kind of packet. */
export type TraceKind = keyof typeof TRACE_KINDS;

/** Returns whether `word` names a kind of packet. */
export function isTraceKind(word: unknown): word is TraceKind {
  return typeof word === "string" && Object.hasOwn(TRACE_KINDS, word);
}
