import { ProtocolError, ReasonCode } from "../../mqtt/mod.ts";
import { type AuthOutcome, mayPublish } from "../../security/mod.ts";
import type { AccessQuestion } from "../../security/mod.ts";
import type { Connection } from "../connection/connection.ts";
import { isOwnState } from "../session/reserved_topic.ts";
import type { Will } from "../session/will.ts";

/**
 * Refuses an authenticated client whose `will` it may not publish: when the
 * will is due, no connection is left to report it on.
 *
 * @throws {ProtocolError} 0x87 for CONNACK.
 */
export function judgeWill(
  { context, listener }: Connection,
  will: Will | null,
  outcome: AuthOutcome,
): AuthOutcome | Promise<AuthOutcome> {
  const { access } = context;
  if (outcome.kind !== "allow" || will === null || access === null) {
    return outcome;
  }
  const { identity } = outcome;
  const { topic, qos, retain } = will.message;
  if (isOwnState(topic.text, listener.mountPoint, identity.clientId)) {
    return outcome;
  }
  const { authorizer } = access;
  const question: AccessQuestion = {
    action: "publish",
    topic: topic.text,
    qos,
    retain,
  };
  const settle = (isAllowed: boolean) => {
    if (isAllowed) return outcome;
    const reason = authorizer.reason(identity, question);
    throw new ProtocolError(
      ReasonCode.NotAuthorized,
      context.options.explainAccess
        ? `the will: ${reason}`
        : "not authorized to publish the will",
      `the will to ${topic.text}: ${reason}`,
    );
  };
  const answer = mayPublish(authorizer.rights(identity, topic), qos, retain) ??
    authorizer.ask(identity, question);
  return typeof answer === "boolean" ? settle(answer) : answer.then(settle);
}
