import type { ListenerSettings, Settings } from "../../config/mod.ts";
import {
  parseFilter,
  type QoS,
  validateTopicFilter,
  validateTopicName,
} from "../../mqtt/mod.ts";
import {
  type AccessQuestion,
  type Authorizer,
  type AuthOutcome,
  type Credentials,
  type Explanation,
  type Identity,
  identityOf,
} from "../../security/mod.ts";
import {
  isOwnState,
  OWN_STATE,
  refusesReserved,
  RESERVED,
} from "../../session/mod.ts";
import type { AccessState } from "../access/access.ts";
import type { AccessPorts } from "../access/opened_link.ts";
import { unaskedBy } from "../access/unasked.ts";

/** A question about a client that need not be connected. */
export interface AccessCase {
  /** Client id. */
  readonly clientId: string;
  /** User name; null for none. */
  readonly username: string | null;
  /** Null without one: then the login is not judged. */
  readonly password: Uint8Array | null;
  /** Name of its listener; undefined for the first one. */
  readonly listener?: string;
  /** The address it comes from. */
  readonly hostname: string;
  /** Its actions, in order. */
  readonly actions: readonly AccessQuestion["action"][];
  /** As the client says it; for `subscribe` it may be shared. */
  readonly topic: string;
  /** Of the message or the subscription. */
  readonly qos: QoS;
  /** True if the message is to be retained. */
  readonly retain: boolean;
}

/** One link of the chain, and what it says. */
export interface ExplainedLink {
  /** Its name. */
  readonly link: string;
  /** As a phrase. */
  readonly outcome: string;
  /** True for the rule that decided. */
  readonly decides: boolean;
}

/** The verdict on a login, with its reason. */
export interface ExplainedLogin {
  /** True if the client is accepted; null if that depends on its password. */
  readonly allowed: boolean | null;
  /** In the order they are asked. */
  readonly links: readonly ExplainedLink[];
  /** The answer in words. */
  readonly reason: string;
}

/** The verdict on one action, with its reason. */
export interface ExplainedAction extends Explanation {
  /** Its action. */
  readonly action: AccessQuestion["action"];
  /** With what the listener puts before it. */
  readonly topic: string;
  /** Of the message or the subscription. */
  readonly qos: QoS;
  /** True if the message is to be retained. */
  readonly retain: boolean;
}

/** The whole answer. */
export interface AccessExplanation {
  /** The listener it was asked about. */
  readonly listener: string;
  /** The verdict on its login. */
  readonly login: ExplainedLogin;
  /** The verdicts on its actions. */
  readonly actions: readonly ExplainedAction[];
}

/** A login, and the client that came of it. */
interface LoginFound {
  readonly login: ExplainedLogin;
  readonly identity: Identity;
}

/**
 * Returns what the settings would do with a client, without a broker. Reads the
 * files they name. Rejects with `RangeError` for a listener that is not there,
 * else as `AccessControl.open` does.
 */
export async function explainSettings(
  settings: Settings,
  asked: AccessCase,
  ports: AccessPorts,
): Promise<AccessExplanation> {
  const listener = asked.listener === undefined
    ? settings.listener[0]
    : settings.listener.find(({ name }) => name === asked.listener);
  if (listener === undefined) {
    const names = settings.listener.map(({ name }) => name).join(", ");
    throw new RangeError(
      `there is no listener ${asked.listener}: give one of ${names}`,
    );
  }
  const { AccessControl } = await import("../access/access.ts");
  const control = new AccessControl(ports);
  try {
    const state = await control.open(settings);
    control.enforce(state);
    const credentials = credentialsOf(asked, listener.name);
    const { login, identity } = underOwnId(
      listener,
      await explainLogin(settings, state, credentials),
    );
    return {
      listener: listener.name,
      login,
      actions: asked.actions.map((action) =>
        explainAction(action, asked, identity, listener, state.authorizer)
      ),
    };
  } finally {
    control.stop();
  }
}

function credentialsOf(asked: AccessCase, listener: string): Credentials {
  const { clientId, username, password, hostname } = asked;
  return {
    clientId,
    // As in a CONNECT: empty ones stand for none.
    username: username || null,
    password: password?.length ? password : null,
    version: 5,
    listener,
    hostname,
    certificate: null,
    isCertified: false,
  };
}

async function explainLogin(
  { auth, listener }: Settings,
  { authenticator }: AccessState,
  credentials: Credentials,
): Promise<LoginFound> {
  const assumed = identityOf(credentials);
  if (auth.length === 0) {
    const unasked = unaskedBy(listener);
    const outcome = unasked.authenticate(credentials);
    return { login: loginOf([], outcome), identity: assumed };
  }
  const isJudged = authenticator.judges(credentials.listener);
  if (
    isJudged && credentials.username !== null && credentials.password === null
  ) {
    const links = authenticator.links.map((link) => ({
      link,
      outcome: "would check the password",
      decides: false,
    }));
    const reason = "the answers below hold once the client is accepted";
    return { login: { allowed: null, links, reason }, identity: assumed };
  }
  const steps = await authenticator.trace(credentials);
  const outcome = await authenticator.authenticate(credentials);
  const links = steps.map(({ link, verdict }) => ({
    link,
    outcome: verdict.kind === "allow"
      ? "accepts the client"
      : verdict.kind === "deny"
      ? `rejects the client: ${verdict.why}`
      : `passes the client on: ${verdict.why}`,
    decides: verdict.kind !== "ignore",
  }));
  return {
    login: loginOf(links, outcome),
    identity: outcome.kind === "allow" ? outcome.identity : assumed,
  };
}

/** With the client id that the listener gives it. */
function underOwnId(
  listener: ListenerSettings,
  { login, identity }: LoginFound,
): LoginFound {
  const { name, client_id } = listener;
  const { username } = identity;
  if (client_id === "connect" || username !== null) {
    return withPrefix(listener, {
      login,
      identity: client_id === "connect"
        ? identity
        : { ...identity, clientId: username! },
    });
  }
  const reason = login.allowed === false
    ? login.reason
    : `the client has no user name, and ${name} uses it as the client id ` +
      "(client_id)";
  return { login: { ...login, allowed: false, reason }, identity };
}

/** Refuses a client id that begins with none of the listener's prefixes. */
function withPrefix(
  { name, client_id_prefixes: prefixes }: ListenerSettings,
  { login, identity }: LoginFound,
): LoginFound {
  if (
    login.allowed === false || prefixes.length === 0 ||
    prefixes.some((prefix) => identity.clientId.startsWith(prefix))
  ) return { login, identity };
  const reason = `the client id begins with none of client_id_prefixes of ` +
    name;
  return { login: { ...login, allowed: false, reason }, identity };
}

function loginOf(
  links: readonly ExplainedLink[],
  outcome: AuthOutcome,
): ExplainedLogin {
  if (outcome.kind === "allow") {
    const { link } = outcome.identity;
    const reason = link === undefined
      ? "the listener accepts every client"
      : link === "allow_anonymous"
      ? "the listener accepts clients without a user name (allow_anonymous)"
      : `${link} accepts the client`;
    return { allowed: true, links, reason };
  }
  const why = outcome.kind === "deny" ? outcome.why : undefined;
  return {
    allowed: false,
    links,
    reason: why ?? "no authenticator accepts the client",
  };
}

/** Before any rule: what the protocol and the listener do not allow. */
function refusedAnyway(
  question: AccessQuestion,
  listener: Pick<
    ListenerSettings,
    "max_qos" | "retain_available" | "mount_point"
  >,
): string | null {
  const { action, topic, qos, retain } = question;
  const fault = action === "subscribe"
    ? validateTopicFilter(topic)
    : validateTopicName(topic);
  if (fault !== null) return `the topic is not valid: ${fault}`;
  const { mount_point } = listener;
  const plain = action === "subscribe" ? plainOf(topic) : topic;
  if (refusesReserved({ action, topic: mount_point + plain }, mount_point)) {
    return RESERVED;
  }
  if (action !== "publish") return null;
  if (qos > listener.max_qos) {
    return `the listener accepts QoS ${listener.max_qos} at most (max_qos)`;
  }
  return retain && !listener.retain_available
    ? "the listener accepts no retained messages (retain_available)"
    : null;
}

/** The filter without any `$share/group/`. */
function plainOf(filter: string): string {
  return parseFilter(filter)?.filter ?? filter;
}

function explainAction(
  action: AccessQuestion["action"],
  { topic, qos, retain }: AccessCase,
  identity: Identity,
  listener: ListenerSettings,
  authorizer: Authorizer | null,
): ExplainedAction {
  const refusal = refusedAnyway({ action, topic, qos, retain }, listener);
  const plain = action === "subscribe" && refusal === null
    ? plainOf(topic)
    : topic;
  const question = { action, topic: listener.mount_point + plain, qos, retain };
  if (refusal !== null) {
    return { ...question, allowed: false, rules: [], reason: refusal };
  }
  if (
    action === "publish" &&
    isOwnState(question.topic, listener.mount_point, identity.clientId)
  ) return { ...question, allowed: true, rules: [], reason: OWN_STATE };
  return {
    ...question,
    ...(authorizer?.explain(identity, question) ?? {
      allowed: true,
      rules: [],
      reason: "there are no access rules",
    }),
  };
}
