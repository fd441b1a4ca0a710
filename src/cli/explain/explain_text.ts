import type { AccessExplanation, ExplainedAction } from "../../broker/mod.ts";
import { shownText } from "../console/shown_text.ts";

/** Returns the answer to `dunlin explain`, for people. */
export function explanationText(
  explained: AccessExplanation,
  client: string,
): string {
  const { login, listener, actions } = explained;
  const lines = [
    `${client} at listener ${listener}: ${loginVerdict(login.allowed)}`,
    ...login.links.map(({ link, outcome }, index) =>
      `  ${index + 1}. ${link}: ${outcome}`
    ),
    `  ${login.reason}`,
    ...actions.flatMap(actionLines),
  ];
  return lines.map((line) => `${shownText(line)}\n`).join("");
}

/** One action: the answer, the rules in order, and why. */
export function actionLines(explained: ExplainedAction): string[] {
  const { action, topic, qos, retain, allowed, rules, reason } = explained;
  const what = `${action} ${topic}, QoS ${qos}${retain ? ", retained" : ""}`;
  return [
    `${what}: ${allowed ? "allowed" : "not allowed"}`,
    ...rules.map(({ place, text, outcome }, index) =>
      `  ${index + 1}. ${place === "" ? "" : `${place}: `}${text}: ${outcome}`
    ),
    `  ${reason}`,
  ];
}

function loginVerdict(allowed: boolean | null): string {
  if (allowed === null) return "depends on the password; use --password-file";
  return allowed ? "accepted" : "rejected";
}
