import { isLonger, ProtocolError, ReasonCode } from "../../mqtt/mod.ts";
import type { AuthOutcome, Identity } from "../../security/mod.ts";
import type { Connection } from "../connection/connection.ts";
import type { Context } from "../core/context.ts";
import { ClosingError } from "../core/reasons.ts";
import type { Session } from "../session/session.ts";

/** A client id whose session belongs to another user. */
export class OwnedClientId extends ClosingError {
  /** User names of the session and of the client, for the log; null for none. */
  constructor(owner: string | null, username: string | null) {
    super(
      "client-id-owned",
      ReasonCode.ClientIdentifierNotValid,
      "the session of this client id belongs to another user",
      "access.client_id_owner is user: the session has " +
        `${named(owner)}, the client ${named(username)}`,
    );
  }
}

function named(name: string | null): string {
  return name === null ? "no user name" : `user name ${name}`;
}

/** The outcome of an authentication that succeeds. */
export type Allowed = Extract<AuthOutcome, { kind: "allow" }>;

/**
 * Returns whether `session` belongs to another user than `identity`: it must end
 * when its client id changes hands. A session belongs to the user name that was
 * proved last for it, or to all clients without one. The client id is free once
 * no client can authenticate with that name.
 *
 * @throws {OwnedClientId} while its owner could come back.
 */
export function isAnothers(
  session: Session,
  identity: Identity,
  { authenticator, options }: Context,
): boolean {
  if (
    options.clientIdOwner === "anyone" || authenticator.knows === undefined ||
    isOwner(session.identity, identity)
  ) return false;
  const owner = provedName(session.identity);
  if (authenticator.knows(owner)) {
    throw new OwnedClientId(owner, provedName(identity));
  }
  // Any client could have had the session: the first with a name goes on.
  return owner !== null;
}

/** Returns whether both are one user; a claimed name counts for its user only. */
function isOwner(owner: Identity, client: Identity): boolean {
  return provedName(owner) === provedName(client) ||
    owner.isClaimed === true && owner.username === client.username;
}

function provedName({ username, isClaimed }: Identity): string | null {
  return isClaimed ? null : username;
}

/**
 * Returns the outcome with the client id that the listener gives the client: its
 * user name, where `client_id` is "username". Rules judge that client id.
 *
 * @throws {ProtocolError} 0x87 without a user name, 0x85 with one that is too
 * long or has no prefix that the listener accepts.
 */
export function underOwnId(
  connection: Connection,
  outcome: AuthOutcome,
): AuthOutcome {
  if (outcome.kind !== "allow") return outcome;
  const { listener, context } = connection;
  const found = listener.clientIdFrom === "connect"
    ? outcome
    : underUsername(outcome, context);
  checkPrefix(found.identity.clientId, listener.clientIdPrefixes);
  return found;
}

function underUsername(outcome: Allowed, context: Context): Allowed {
  const { username } = outcome.identity;
  if (username === null) {
    throw new ProtocolError(
      ReasonCode.NotAuthorized,
      "the client has no user name, which this listener uses as client id",
    );
  }
  checkLength(username, context);
  return { ...outcome, identity: { ...outcome.identity, clientId: username } };
}

function checkPrefix(clientId: string, prefixes: readonly string[]): void {
  if (prefixes.length === 0) return;
  if (prefixes.some((prefix) => clientId.startsWith(prefix))) return;
  throw new ProtocolError(
    ReasonCode.ClientIdentifierNotValid,
    `the client id has no prefix of client_id_prefixes: ${
      prefixes.slice(0, 4).join(", ")
    }`,
  );
}

/**
 * Checks the length of a client id. A server must accept 23 bytes
 * [MQTT-3.1.3-5]; the setting begins there.
 *
 * @throws {ProtocolError} 0x85.
 */
export function checkLength(clientId: string, { options }: Context): void {
  const { maxClientIdLength } = options;
  if (!isLonger(clientId, maxClientIdLength)) return;
  throw new ProtocolError(
    ReasonCode.ClientIdentifierNotValid,
    `the client id is longer than ${maxClientIdLength} bytes`,
  );
}
