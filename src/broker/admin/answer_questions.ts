import { AdminRefusal, type AskName, pack } from "../../admin/protocol/mod.ts";
import { workOf } from "../../session/mod.ts";
import type { HandlerParts } from "./admin_parts.ts";
import { type AdminHandler, handlers } from "./handlers.ts";

const ADMIN = workOf("admin");

/**
 * Answers the question `id` to the handler `name`; `body` is the request, as
 * JSON. Resolves to the message for the worker; never rejects.
 */
export async function answerQuestion(
  id: string,
  name: string,
  body: string,
  parts: HandlerParts,
): Promise<string> {
  const { context } = parts.registry;
  try {
    if (!Object.hasOwn(handlers, name)) {
      throw new AdminRefusal(404, "no-such-question", `no handler ${name}`);
    }
    const handler = await handlers[name as AskName]() as AdminHandler<AskName>;
    if (context.loading) {
      const detail = "the stored state is still being restored; try again";
      throw new AdminRefusal(503, "loading", detail);
    }
    context.turn.begin(ADMIN);
    const result = await handler(JSON.parse(body), parts);
    return pack(["result", id], result);
  } catch (error) {
    if (error instanceof AdminRefusal) {
      const { status, code, detail } = error;
      return pack(["refusal", id], { status, code, detail });
    }
    context.faults.note("a request of the admin page fails", error, null);
    const detail = "an error of the broker itself: its log has more";
    return pack(["refusal", id], {
      ...{ status: 500, code: "internal-error", detail },
    });
  }
}
