import type { QoS, SubscriptionRequest } from "../../mqtt/mod.ts";
import type { AccessQuestion } from "../../security/mod.ts";
import { reasonOf, settleAccess } from "./access_questions.ts";
import type { Connection } from "../connection/connection.ts";
import type { Context } from "../core/context.ts";
import type { ReadFilter } from "./filter.ts";

/**
 * The QoS at which each filter of a slice of a SUBSCRIBE can be granted, -1 for
 * those that may not be; null when some of it is still to be asked for. A rule
 * that allows less than was asked for lowers it (3.8.4). `first` is the number
 * of filters before the slice.
 */
export function grantableQos(
  connection: Connection,
  requests: readonly SubscriptionRequest[],
  filters: readonly ReadFilter[],
  first: number,
): readonly (QoS | -1)[] | null {
  const { listener, context } = connection;
  const { access } = context;
  const most = requests.map(({ qos }) => Math.min(qos, listener.maxQos) as QoS);
  if (access === null) return most;
  const { identity } = connection.session!;
  const granted = filters.map(({ filter }, index) =>
    isTooMany(context, first + index)
      ? -1
      : access.authorizer.maySubscribe(identity, filter, most[index])
  );
  const open = granted.flatMap((qos, index) => qos === null ? [index] : []);
  if (open.length === 0) return granted as (QoS | -1)[];
  const answers = settleAccess(
    connection,
    open.map((index) => questionOf(filters[index], most[index])),
  );
  if (answers === null) return null;
  open.forEach((index, at) => granted[index] = answers[at] ? most[index] : -1);
  return granted as (QoS | -1)[];
}

/**
 * Whether the filter at `index` of a SUBSCRIBE is one more than a client may
 * have. Where there are rules those are not looked at: it would take its time.
 */
export function isTooMany(
  { access, options }: Context,
  index: number,
): boolean {
  return access !== null && index >= options.maxSubscriptions;
}

/** Why a rule refused a filter; undefined when the client is not told. */
export function refusalReason(
  connection: Connection,
  { qos }: SubscriptionRequest,
  filter: ReadFilter,
): string | undefined {
  return reasonOf(connection, questionOf(filter, qos));
}

function questionOf({ filter }: ReadFilter, qos: QoS): AccessQuestion {
  return { action: "subscribe", topic: filter, qos, retain: false };
}
