import { ReasonCode } from "../../mqtt/mod.ts";
import type { Context } from "../core/context.ts";
import type { ListenerOptions } from "../core/options.ts";
import type { CloseReason } from "../core/reasons.ts";

/** What bounds a connection. */
export interface Limits {
  readonly context: Context;
  readonly listener: ListenerOptions;
  readonly sender: { readonly sendLimit: number };
  readonly isKeepAliveCut: boolean;
}

/**
 * The limit that a connection met when it is closed for `why`, with the reason
 * code `code` if it has one: name of the setting and value, for the log. Null
 * when it was no limit. `detail` is the cause in words, for the log.
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
      return `limits.max_queued_memory is ${context.options.maxQueuedMemory} ` +
        "bytes";
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
