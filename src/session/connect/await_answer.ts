import type { Connection } from "../connection/connection.ts";

/**
 * Calls `then` with `answer`, at once or when it comes; the reader waits
 * meanwhile. An error of `answer` or `then` ends the connection.
 */
export function awaitAnswer<Answer>(
  connection: Connection,
  answer: Answer | Promise<Answer>,
  then: (answer: Answer) => void,
): void {
  // Most answers are known at once: the reader need not wait.
  if (!(answer instanceof Promise)) return then(answer);
  connection.pump.pause("authenticating");
  const isOpen = () =>
    connection.state !== "closing" && connection.state !== "closed";
  answer.then((settled) => {
    // The connection may have ended meanwhile.
    if (!isOpen()) return;
    connection.context.turn.begin(connection);
    then(settled);
  }).catch((error) => {
    if (isOpen()) connection.fail(error);
  }).finally(() => connection.pump.resume("authenticating"));
}

/** Turn `answer` through `step`, at once or when it comes. */
export function passThrough<Answer, Result>(
  answer: Answer | Promise<Answer>,
  step: (answer: Answer) => Result | Promise<Result>,
): Result | Promise<Result> {
  return answer instanceof Promise ? answer.then(step) : step(answer);
}
