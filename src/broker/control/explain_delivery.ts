import {
  type QoS,
  sharedFilter,
  topicMatches,
  validateTopicName,
} from "../../mqtt/mod.ts";
import type { SubscriptionEntry } from "../../router/mod.ts";
import type { AccessQuestion } from "../../security/mod.ts";
import {
  type Context,
  type DropNote,
  isOwnState,
  OWN_STATE,
  refusesReserved,
  type Registry,
  RESERVED,
  type Session,
} from "../../session/mod.ts";
import type { ExplainedAction } from "./explain_settings.ts";

/** A question about a client of the running broker. */
export interface LiveCase {
  /** Client id. */
  readonly clientId: string;
  /** The topic as the client says it. */
  readonly topic: string;
  /** Of the message or the subscription. */
  readonly qos: QoS;
  /** True if the message is to be retained. */
  readonly retain: boolean;
  /** Its actions, in order. */
  readonly actions: readonly AccessQuestion["action"][];
}

/** Why a message does not reach a client, or did not. */
export type FindingKind =
  | "no-session"
  | "away"
  | "no-match"
  | "no-local"
  | "shared"
  | "rule"
  | "qos"
  | "backlog-full"
  | "window-full"
  | "slow-reader"
  | "too-large"
  | "dropped";

/** One reason, and what it means here. */
export interface Finding {
  /** Kind of the reason. */
  readonly kind: FindingKind;
  /** In words. */
  readonly text: string;
}

/** State of a client and of the messages for it. */
export interface LiveExplanation {
  /** Client id. */
  readonly client: string;
  /** User name; null for none, or when it is not known. */
  readonly username: string | null;
  /** State of its session: connected, away, or unknown. */
  readonly state: "attached" | "detached" | "unknown";
  /** Its subscriptions that match the topic. */
  readonly matching: readonly string[];
  /** Reasons; empty when nothing stands in the way. */
  readonly findings: readonly Finding[];
  /** Messages dropped for it since the broker started. */
  readonly drops: readonly DropNote[];
  /** The verdicts on its actions. */
  readonly actions: readonly ExplainedAction[];
}

/** Filters that are named where none matches. */
const SHOWN = 10;

/** Returns the reasons why a client does not receive the messages of a topic. */
export function explainDelivery(
  registry: Registry,
  asked: LiveCase,
): LiveExplanation {
  const { clientId: client } = asked;
  const { context } = registry;
  const session = registry.get(client);
  if (session === undefined) {
    const text = "the broker has no session of this client: it never " +
      "connected, or its session ended with its connection";
    return {
      ...{ client, username: null, state: "unknown", matching: [] },
      ...{ findings: [{ kind: "no-session", text }], drops: [], actions: [] },
    };
  }
  const topic = (session.mountPoint?.text ?? "") + asked.topic;
  const actions = actionsOf(context, session, { ...asked, topic });
  const findings: Finding[] = [];
  const matching = validateTopicName(topic) === null
    ? subscriptionsFor(context, session, topic, findings)
    : [];
  const denied = actions.find(({ action, allowed }) =>
    action === "receive" && allowed === false
  );
  if (denied !== undefined) {
    findings.push({
      kind: "rule",
      text: `the client may not receive it: ${denied.reason}`,
    });
  }
  findings.push(...stateFindings(context, session, matching));
  const { drops } = session.queue;
  for (const note of drops) {
    findings.push({ kind: "dropped", text: dropText(note, context) });
  }
  return {
    client,
    username: session.identity.username,
    state: session.connection === null ? "detached" : "attached",
    matching: matching.map(shownSubscription),
    findings,
    drops,
    actions,
  };
}

function actionsOf(
  { access }: Context,
  session: Session,
  { actions, topic, qos, retain }: LiveCase,
): ExplainedAction[] {
  const mountPoint = session.mountPoint?.text ?? "";
  return actions.map((action) => {
    const question = { action, topic, qos, retain };
    if (refusesReserved(question, mountPoint)) {
      return { ...question, allowed: false, rules: [], reason: RESERVED };
    }
    if (
      action === "publish" && isOwnState(topic, mountPoint, session.clientId)
    ) return { ...question, allowed: true, rules: [], reason: OWN_STATE };
    return {
      ...question,
      ...(access?.authorizer.explain(session.identity, question) ?? {
        allowed: true,
        rules: [],
        reason: "there are no access rules",
      }),
    };
  });
}

/** Returns the matching subscriptions, and the reasons why they deliver nothing. */
function subscriptionsFor(
  { router }: Context,
  session: Session,
  topic: string,
  findings: Finding[],
): SubscriptionEntry[] {
  const all = [...router.subscriptionsOf(session)];
  // By the names that the client has for them [MQTT-4.7.2-1].
  const at = session.mountPoint?.text.length ?? 0;
  const matching = all.filter(({ filter }) =>
    topicMatches(filter.slice(at), topic.slice(at))
  );
  if (matching.length === 0) {
    const shown = all.slice(0, SHOWN).map(shownSubscription).join(", ");
    const more = all.length > SHOWN ? ` and ${all.length - SHOWN} more` : "";
    const what = all.length === 0
      ? "the client has no subscription"
      : `none of its ${all.length} subscriptions matches: ${shown}${more}`;
    findings.push({ kind: "no-match", text: what });
  } else if (matching.every(({ options }) => options.noLocal)) {
    findings.push({
      kind: "no-local",
      text: "the client does not receive its own messages (No Local)",
    });
  }
  if (matching.length > 0 && matching.every(({ group }) => group !== null)) {
    findings.push({
      kind: "shared",
      text: "the subscription is shared: each message goes to one of the group",
    });
  }
  return matching;
}

function shownSubscription({ filter, group, options }: SubscriptionEntry) {
  const name = group === null ? filter : sharedFilter(group, filter);
  return `${name} (QoS ${options.qos})`;
}

/** Returns what of its state keeps messages away now. */
function stateFindings(
  { options }: Context,
  session: Session,
  matching: readonly SubscriptionEntry[],
): Finding[] {
  const { queue, connection } = session;
  const found: Finding[] = [];
  const most = Math.max(-1, ...matching.map(({ options }) => options.qos));
  if (connection === null) {
    found.push({
      kind: "away",
      text: "the client is not connected: messages wait for it",
    });
    if (!options.queueQos0) {
      found.push({
        kind: "qos",
        text: most === 0
          ? "the subscription has QoS 0, and such messages do not wait"
          : "messages published with QoS 0 do not wait (session.queue_qos0)",
      });
    }
  }
  const { waiting, waitingBytes, inflight } = queue;
  if (
    waiting >= options.backlogMessages || waitingBytes >= options.backlogBytes
  ) {
    found.push({
      kind: "backlog-full",
      text:
        `the backlog is full: ${waiting} messages (${waitingBytes} bytes) ` +
        "wait (session.backlog_messages, session.backlog_bytes)",
    });
  }
  if (connection === null) return found;
  const { sendMaximum, sendLimit, outbox } = connection.sender;
  if (inflight >= sendMaximum) {
    found.push({
      kind: "window-full",
      text:
        `the client has not acknowledged ${inflight} messages, as many as it ` +
        `accepts at once; ${waiting} wait for its acknowledgements`,
    });
  }
  if (outbox.held) {
    found.push({
      kind: "slow-reader",
      text: `the client does not read: ${outbox.waiting} bytes wait for it`,
    });
  }
  if (sendLimit < Infinity) {
    found.push({
      kind: "too-large",
      text: `the client accepts no packets over ${sendLimit} bytes`,
    });
  }
  return found;
}

function dropText(note: DropNote, { clock }: Context): string {
  const seconds = Math.max(0, Math.round((clock.now() - note.lastAt) / 1000));
  const messages = note.count === 1 ? "1 message" : `${note.count} messages`;
  return `${messages} dropped (${note.reason}), the last ${seconds} s ago: ` +
    note.lastTopic;
}
