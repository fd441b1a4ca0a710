import type { LiveCase, LiveExplanation } from "./explain_delivery.ts";

/** The answer to a request. */
export type ControlAnswer =
  | { readonly ok: true; readonly result: LiveExplanation }
  | { readonly ok: false; readonly error: string };

/** Reads a request; else says what is wrong with it. */
export function readControlRequest(line: string): LiveCase | string {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    return "the request is not JSON";
  }
  if (typeof request !== "object" || request === null) {
    return "the request is no object";
  }
  const given = request as Readonly<Record<string, unknown>>;
  const { command, clientId, topic, qos, retain, actions } = given;
  if (command !== "explain") return "there is no such command";
  if (typeof clientId !== "string" || typeof topic !== "string") {
    return "clientId and topic have to be text";
  }
  if (qos !== 0 && qos !== 1 && qos !== 2) return "qos has to be 0, 1 or 2";
  if (typeof retain !== "boolean") return "retain has to be true or false";
  const isAction = (one: unknown): one is LiveCase["actions"][number] =>
    one === "publish" || one === "subscribe" || one === "receive";
  if (
    !Array.isArray(actions) || actions.length > 3 || !actions.every(isAction)
  ) return "actions has to be a list of publish, subscribe and receive";
  return { clientId, topic, qos, retain, actions };
}

/** The control socket of the broker whose store is `path`. */
export function controlPath(path: string): string {
  return `${path}.control`;
}
