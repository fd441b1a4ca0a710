import { ReasonCode } from "../../mqtt/mod.ts";
import type { Context } from "../core/context.ts";
import type { ListenerOptions } from "../core/options.ts";
import type { CloseReason } from "../core/reasons.ts";

/** A connection, as far as its limits need one. */
export interface Limits {
  readonly context: Context;
  readonly listener: ListenerOptions;
  readonly sender: { readonly sendLimit: number };
  readonly isKeepAliveCut: boolean;
}

/**
 * Returns the limit that ended a connection, for the log: name of the setting and
 * value. Null for other ends. The end has the reason `why`, the reason code
 * `code` if any, and its cause in words, `detail`.
 */
export function limitMet(
  { context, listener, sender, isKeepAliveCut }: Limits,
  why: CloseReason,
  code: ReasonCode | null,
  detail?: string | null,
): string | null {
  const setting = (name: string, value: number, unit = "") =>
    `${name} of listener ${listener.name} is ${value}${unit}`;
  switch (why) {
    case "memory-full":
      return context.memoryBound;
    case "disk-full":
      return context.durability.trouble ?? "storage";
    case "client-id-owned":
      return detail ?? null;
    case "keep-alive":
      return isKeepAliveCut
        ? setting("max_keep_alive", listener.maxKeepAlive, " s")
        : null;
    case "answer-too-large":
      return "Maximum Packet Size (0x27) of the client is " +
        `${sender.sendLimit} bytes`;
    case "connect-timeout":
      return setting("connect_timeout", listener.connectTimeout, " ms");
    case "protocol-error":
      if (code === ReasonCode.PacketTooLarge) {
        return setting("max_packet_size", listener.maxPacketSize, " bytes");
      }
      if (code === ReasonCode.ReceiveMaximumExceeded) {
        return setting("receive_maximum", listener.receiveMaximum);
      }
      if (code === ReasonCode.QoSNotSupported) {
        return setting("max_qos", listener.maxQos);
      }
      return null;
    default:
      return null;
  }
}
