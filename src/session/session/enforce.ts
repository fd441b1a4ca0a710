import { ReasonCode, sharedFilter } from "../../mqtt/mod.ts";
import type { SharedName } from "../../router/mod.ts";
import type { Identity } from "../../security/mod.ts";
import type { Context } from "../core/context.ts";
import type { Session } from "./session.ts";

/**
 * Removes the subscriptions of `session` that its client may not have any
 * more, and gives their filters, with `$share/group/`. Messages that wait are
 * looked at when they are due, so nothing else has to be removed. With
 * `isAnother` its client has just become another user: what somebody outside
 * allowed to the one before is removed, too.
 *
 * MQTT has no word for a subscription that the server removes. A 5.0 client
 * that has none left would wait for nothing, so it is told with DISCONNECT
 * 0x87; any other learns of it when it subscribes again.
 */
export function enforceAccess(
  session: Session,
  context: Context,
  isAnother = false,
): readonly string[] {
  const { access, router } = context;
  // Who is not known yet is looked at when it is.
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
 * Whether `session` may go on for `identity`. Somebody outside who allowed a
 * subscription allowed it to one user; to another, who comes by the same client
 * id, it must not be handed on, nor what has waited for it.
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
