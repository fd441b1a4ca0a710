import type { ClientQuery } from "../../../admin/protocol/mod.ts";
import { formatAddress, Networks, parseAddress } from "../../../network/mod.ts";
import type { Session } from "../../../session/mod.ts";
import { addressOf, listenerOf } from "./client_row.ts";
import { badRequest } from "../walk/bad_request.ts";

/** A condition, and the units of work that it takes. */
export interface Condition {
  readonly cost: number;
  readonly holds: (session: Session) => boolean;
}

/** Units of a visit, of a comparison of parts, and of one of networks. */
const VISIT = 1;
const PART = 2;
const NETWORK = 8;

/**
 * Returns the condition of all members but `id` and `topic`, which name the
 * sessions to visit.
 *
 * @throws {AdminRefusal} 400 for an address that is none.
 */
export function conditionOf(query: ClientQuery): Condition {
  const { contains, user, address, listener, backlog, drops, away } = query;
  const tests: ((session: Session) => boolean)[] = [];
  let cost = VISIT;
  if (away !== undefined) {
    tests.push(({ connection }) => (connection === null) === away);
  }
  if (backlog !== undefined) {
    tests.push(({ queue }) => (queue.waiting > 0) === backlog);
  }
  if (drops !== undefined) {
    tests.push(({ dropped }) => (dropped > 0) === drops);
  }
  if (user !== undefined) {
    tests.push(({ identity }) => identity.username === user);
  }
  if (listener !== undefined) {
    tests.push((session) => listenerOf(session) === listener);
  }
  if (address !== undefined) {
    tests.push(addressTest(address));
    if (address.includes("/")) cost += NETWORK;
  }
  if (contains !== undefined && contains !== "") {
    tests.push((session) => hasPart(session, contains));
    cost += PART;
  }
  return {
    cost,
    holds: (session) => {
      for (let i = 0; i < tests.length; i++) {
        if (!tests[i](session)) return false;
      }
      return true;
    },
  };
}

function hasPart(session: Session, part: string): boolean {
  return session.clientId.includes(part) ||
    (session.identity.username ?? "").includes(part) ||
    (addressOf(session) ?? "").includes(part);
}

function addressTest(text: string): (session: Session) => boolean {
  if (!text.includes("/")) {
    const bytes = parseAddress(text);
    if (bytes === null) throw badAddress(text);
    const plain = formatAddress(bytes);
    return (session) => addressOf(session) === plain;
  }
  let networks: Networks;
  try {
    networks = new Networks([text]);
  } catch {
    throw badAddress(text);
  }
  return (session) => {
    const address = addressOf(session);
    return address !== null && networks.has(address);
  };
}

function badAddress(text: string): Error {
  return badRequest(
    `address must be an IP address, or a network such as 192.0.2.0/24, not ` +
      JSON.stringify(text.slice(0, 64)),
  );
}
