import type { Credentials, Identity } from "../authenticator.ts";
import type { AccessQuestion } from "../authorizer.ts";
import { AnswerError, type Preset, textOf, type WebVerdict } from "./preset.ts";
import type { WebAnswer } from "./request.ts";

/** Numbers of mosquitto-go-auth for the uses of a topic. */
const ACC: Readonly<Record<AccessQuestion["action"], number>> = {
  receive: 1,
  publish: 2,
  subscribe: 4,
};

/**
 * As the http backend of mosquitto-go-auth asks, with JSON parameters; its
 * answers by status and by JSON, `{"ok": …, "error": …}`, are both understood.
 */
export const goAuthPreset: Preset = {
  mayGrant: false,
  login({ username, password, clientId }: Credentials) {
    return {
      username: username ?? "",
      password: textOf(password) ?? "",
      clientid: clientId,
    };
  },
  superuser: ({ username }: Identity) => ({ username: username ?? "" }),
  access({ username, clientId }: Identity, { topic, action }: AccessQuestion) {
    return {
      username: username ?? "",
      topic,
      clientid: clientId,
      acc: ACC[action],
    };
  },
  read({ status, text }: WebAnswer): WebVerdict {
    // mosquitto-go-auth takes each for a refusal; here a failing server counts
    // as a failure.
    if (status >= 500 || status === 429 || status < 200) {
      throw new AnswerError(`the server answered ${status}`);
    }
    if (status >= 300) {
      return { kind: "deny", why: `the server answered ${status}` };
    }
    const said = answerIn(text);
    if (said === null || said.ok === true) return { kind: "allow", found: {} };
    return {
      kind: "deny",
      why: typeof said.error === "string" && said.error !== ""
        ? said.error.slice(0, 200)
        : "the server rejects it",
    };
  },
};

/** Returns the answer as JSON; null where only the status is one. */
function answerIn(
  text: string,
): { readonly ok: unknown; readonly error?: unknown } | null {
  try {
    const said: unknown = JSON.parse(text);
    return typeof said === "object" && said !== null && "ok" in said
      ? said
      : null;
  } catch {
    return null;
  }
}
