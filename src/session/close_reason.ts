import type { ProtocolError } from "../mqtt/mod.ts";
import { AnswerTooLarge } from "./answer_too_large.ts";
import { StillStored } from "./await_ending.ts";
import { ForeignProtocol } from "./core/first_packet.ts";
import type { CloseReason } from "./core/reasons.ts";

/** Returns why a connection closes for `error`: mostly `otherwise`. */
export function closeReasonOf(
  error: ProtocolError,
  otherwise: CloseReason,
): CloseReason {
  if (error instanceof AnswerTooLarge) return "answer-too-large";
  if (error instanceof ForeignProtocol) return "unknown-protocol";
  if (error instanceof StillStored) return "disk-full";
  return otherwise;
}
