import type { ControlAnswer } from "../../broker/mod.ts";
import { CommandError } from "../console/command_error.ts";
import { connectTo } from "./ask_broker.ts";
import { linesOf } from "./lines_of.ts";

/** An answer of many lines. */
export interface BrokerStream<Started> {
  /** The first line: the request is granted. */
  readonly started: Started;
  /** The lines after it, until the broker ends them. */
  readonly lines: AsyncIterable<string>;
  /** Asks the broker to end; its last lines still come. */
  readonly end: () => void;
}

/**
 * Sends `request` to the socket file `path` of a broker, and returns its answer
 * while it comes. Rejects with `CommandError` when none answers, or it refuses.
 */
export async function streamBroker<Started>(
  path: string,
  request: Readonly<Record<string, unknown>>,
): Promise<BrokerStream<Started>> {
  const conn = await connectTo(path);
  const write = async (text: string) => {
    await conn.write(new TextEncoder().encode(text));
  };
  await write(`${JSON.stringify(request)}\n`);
  const lines = linesOf(conn.readable)[Symbol.asyncIterator]();
  const first = await lines.next();
  const answer = first.done
    ? { ok: false as const, error: "nothing: it is busy; try again" }
    : JSON.parse(first.value) as ControlAnswer<Started>;
  if (!answer.ok) {
    throw new CommandError(`the broker says: ${answer.error}`);
  }
  return {
    started: answer.result,
    lines: { [Symbol.asyncIterator]: () => lines },
    // The broker may have ended by itself.
    end: () => void write("\n").catch(() => {}),
  };
}
