import { isLonger, ProtocolError, ReasonCode } from "../../mqtt/mod.ts";
import type { AuthOutcome, Identity } from "../../security/mod.ts";
import type { Connection } from "../connection/connection.ts";
import type { Context } from "../core/context.ts";
import { ClosingError } from "../core/closing_error.ts";
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
 * Whether `session` belongs to another user than `identity`, so that it must
 * begin anew when its client id changes hands. A session belongs to the user
 * name that was proved last for it, or to all clients without one. Where no
 * client can come in by that name any more, the client id is free.
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
  // Any client could have had it: the one that now has a name goes on with it.
  return owner !== null;
}

/** A name that was only claimed counts for none, but for the user who has it. */
function isOwner(owner: Identity, client: Identity): boolean {
  return provedName(owner) === provedName(client) ||
    owner.isClaimed === true && owner.username === client.username;
}

function provedName({ username, isClaimed }: Identity): string | null {
  return isClaimed ? null : username;
}

/**
 * The outcome under the client id that the listener gives the client: its user
 * name, where `client_id` is "username". Rules are asked about that one.
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
      "the client id here is the user name, and the client has none",
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
    `the client id begins with none of client_id_prefixes: ${
      prefixes.slice(0, 4).join(", ")
    }`,
  );
}

/**
 * Checks how long a client id is. Up to 23 bytes have to be taken
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
