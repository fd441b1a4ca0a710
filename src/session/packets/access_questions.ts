import type { AccessQuestion } from "../../security/mod.ts";
import type { Connection } from "../connection/connection.ts";
import { refusesReserved, RESERVED } from "../session/reserved_topic.ts";

/**
 * Asks what rules have left open for the packet under way. Null when the
 * answers are still to come: the reader is paused, and the packet has to be
 * handled again when it goes on.
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
  // Not asked twice: an answer may hold for this one time only.
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
 * Returns the reason of a refusal with the rule's file and line, for a client
 * that may be told; undefined where the settings keep it to themselves.
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
 * Returns the reason of a refusal for the log: `access.explain` and what the
 * client wants bound the answer to the client alone.
 */
export function loggedReasonOf(
  { context, session, listener }: Connection,
  question: AccessQuestion,
): string | undefined {
  // No rule is asked about these, so none is the reason.
  if (refusesReserved(question, listener.mountPoint)) return RESERVED;
  if (context.access === null || session === null) return;
  return context.access.authorizer.reason(session.identity, question);
}
