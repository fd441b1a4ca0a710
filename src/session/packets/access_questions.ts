import type { AccessQuestion } from "../../security/mod.ts";
import type { Connection } from "../connection/connection.ts";
import { refusesReserved, RESERVED } from "../session/reserved_topic.ts";

/**
 * Asks the access server questions that the rules left open for the packet under
 * way. Returns null while the answers are to come: the reader is paused, and the
 * packet is handled again later.
 */
export function settleAccess(
  connection: Connection,
  questions: readonly AccessQuestion[],
): readonly boolean[] | null {
  const { context, settled } = connection;
  const { authorizer } = context.access!;
  const { generation } = authorizer;
  const { identity, identityNumber } = connection.session!;
  connection.settled = null;
  // One question each: an answer may be valid only once.
  if (
    settled !== null && settled.identityNumber === identityNumber &&
    settled.generation === generation && isSame(settled.questions, questions)
  ) return settled.answers;
  const answers = questions.map((one) => authorizer.ask(identity, one));
  if (answers.every((one) => typeof one === "boolean")) {
    return answers as boolean[];
  }
  connection.pump.pause("access");
  Promise.all(answers).then((all) => {
    connection.settled = {
      questions,
      answers: all,
      identityNumber,
      generation,
    };
  }).catch((error) => connection.fail(error))
    .finally(() => connection.pump.resume("access"));
  return null;
}

function isSame(
  some: readonly AccessQuestion[],
  others: readonly AccessQuestion[],
): boolean {
  return some.length === others.length && some.every((one, index) => {
    const other = others[index];
    return one.action === other.action && one.topic === other.topic &&
      one.qos === other.qos && one.retain === other.retain;
  });
}

/**
 * Returns the reason of a refusal with the rule's file and line, for the client;
 * undefined where `access.explain` is off, or the client wants no reasons.
 */
export function reasonOf(
  connection: Connection,
  question: AccessQuestion,
): string | undefined {
  if (!connection.context.options.explainAccess) return;
  if (connection.version !== 5 || !connection.sender.problemInformation) return;
  return loggedReasonOf(connection, question);
}

/**
 * Returns the reason of a refusal for the log, which neither `access.explain` nor
 * the client's wish affects.
 */
export function loggedReasonOf(
  { context, session, listener }: Connection,
  question: AccessQuestion,
): string | undefined {
  // No rule decides about reserved topics.
  if (refusesReserved(question, listener.mountPoint)) return RESERVED;
  if (context.access === null || session === null) return;
  return context.access.authorizer.reason(session.identity, question);
}
