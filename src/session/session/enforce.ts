import { ReasonCode, sharedFilter } from "../../mqtt/mod.ts";
import type { SharedName } from "../../router/mod.ts";
import type { Identity } from "../../security/mod.ts";
import type { Context } from "../core/context.ts";
import type { Session } from "./session.ts";

/**
 * Removes the subscriptions of `session` that the rules no longer allow, and
 * returns their filters, with `$share/group/`. Waiting messages are judged when
 * they are due. With `isAnother` the client has just become another user: the
 * function also removes subscriptions that an access server allowed to the
 * previous one.
 *
 * MQTT has no packet for a subscription that the server removes. An MQTT 5.0
 * client without any subscription left would wait in vain, so it gets DISCONNECT
 * 0x87; other clients learn of it when they subscribe again.
 */
export function enforceAccess(
  session: Session,
  context: Context,
  isAnother = false,
): readonly string[] {
  const { access, router } = context;
  // An unknown client is judged when it connects.
  if (access === null || !session.isKnown) return [];
  const removed: string[] = [];
  const left: SharedName[] = [];
  for (const entry of [...router.subscriptionsOf(session)]) {
    const { filter, group, options } = entry;
    const granted = access.authorizer.maySubscribe(
      session.identity,
      filter,
      options.qos,
    );
    if (granted !== -1 && !(granted === null && isAnother)) continue;
    router.unsubscribe(session, filter, group);
    if (group !== null) left.push({ name: group, filter });
    else session.queue.stopFeed(filter);
    removed.push(group === null ? filter : sharedFilter(group, filter));
  }
  session.queue.leftGroups(left);
  if (removed.length > 0 && session.subscriptions === 0) {
    tell(session, removed);
  }
  return removed;
}

/**
 * Returns whether `session` may go on for `identity`. An access server allowed a
 * subscription to one user: another user with the same client id must not get
 * it, nor the messages that wait for it.
 */
export function mayInherit(
  session: Session,
  identity: Identity,
  { access, router }: Context,
): boolean {
  if (access === null || session.identity.username === identity.username) {
    return true;
  }
  for (const { filter, options } of router.subscriptionsOf(session)) {
    const { authorizer } = access;
    if (authorizer.maySubscribe(identity, filter, options.qos) === null) {
      return false;
    }
  }
  return true;
}

function tell(session: Session, removed: readonly string[]): void {
  const { connection } = session;
  if (connection === null || connection.sender.version !== 5) return;
  const more = removed.length > 1 ? ` and ${removed.length - 1} more` : "";
  const reason = `no subscription of this client is allowed any more: ${
    removed[0]
  }${more}`;
  connection.close("not-authorized", ReasonCode.NotAuthorized, reason);
}
