import { ReasonCode } from "../../mqtt/mod.ts";
import type { Connection } from "../connection/connection.ts";
import { ClosingError } from "../core/reasons.ts";
import type { Candidate } from "./candidate.ts";
import { sessionExpiry } from "./negotiate.ts";

/** Bytes of a will that a full broker still accepts (see `Message.size`). */
const SMALL_WILL = 1024;

/** A CONNECT whose state has no room in memory. */
export class MemoryFull extends ClosingError {
  constructor(what: string) {
    super(
      "memory-full",
      ReasonCode.QuotaExceeded,
      `the broker has no memory for ${what}; connect again later`,
    );
  }
}

/**
 * Checks that memory has room for what outlives the connection: a new session, or
 * a large will. Clients choose their number and size.
 *
 * @throws {MemoryFull} 0x97 Quota exceeded (3.x: return code 3).
 */
export function checkMemory(
  { context, registry }: Connection,
  { packet, clientId, will }: Candidate,
): void {
  if (
    context.router.heap.isFull && sessionExpiry(packet, context.options) > 0 &&
    registry.get(clientId) === undefined
  ) throw new MemoryFull("another session");
  if (
    will !== null && will.message.size > SMALL_WILL && context.isMemoryFull
  ) throw new MemoryFull(`a will of more than ${SMALL_WILL} bytes`);
}
