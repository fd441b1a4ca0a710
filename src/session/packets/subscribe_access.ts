import type { QoS, SubscriptionRequest } from "../../mqtt/mod.ts";
import type { AccessQuestion } from "../../security/mod.ts";
import { reasonOf, settleAccess } from "./access_questions.ts";
import type { Connection } from "../connection/connection.ts";
import type { Context } from "../core/context.ts";
import type { ReadFilter } from "./filter.ts";

/**
 * Returns the QoS of each filter in a slice of a SUBSCRIBE that the rules allow,
 * -1 for denied ones; null while answers of the access server are to come. A rule
 * may allow a lower QoS than requested (3.8.4). `first` is the number of filters
 * before the slice.
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
 * Returns whether the filter at `index` of a SUBSCRIBE exceeds the client's
 * subscriptions. Rules do not judge such filters, which would take its time.
 */
export function isTooMany(
  { access, options }: Context,
  index: number,
): boolean {
  return access !== null && index >= options.maxSubscriptions;
}

/** Returns the reason why a rule refused a filter, for the client. */
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
