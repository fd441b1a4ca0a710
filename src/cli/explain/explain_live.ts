import type { AccessCase, LiveExplanation } from "../../broker/mod.ts";
import type { Clock } from "../../clock/mod.ts";
import type { Settings } from "../../config/mod.ts";
import { askBroker } from "../running/ask_broker.ts";
import { shownText } from "../console/shown_text.ts";
import { actionLines } from "./explain_text.ts";

/**
 * Asks the broker that runs on `settings` what keeps messages from a client.
 * Rejects with `CommandError` when there is none that answers.
 */
export async function explainLive(
  settings: Settings,
  environment: Readonly<Record<string, string>>,
  { clientId, topic, qos, retain, actions }: AccessCase,
  clock: Clock,
): Promise<LiveExplanation> {
  const request = { command: "explain", clientId, topic, qos, retain, actions };
  return await askBroker<LiveExplanation>(
    settings,
    environment,
    request,
    clock,
  );
}

const STATES: Readonly<Record<LiveExplanation["state"], string>> = {
  attached: "connected",
  detached: "away",
  unknown: "not known to the broker",
};

/** Returns the answer for people. */
export function liveText(explained: LiveExplanation): string {
  const { client, username, state, matching, findings, actions } = explained;
  const name = username === null ? client : `${client} (${username})`;
  const lines = [
    `${name}: ${STATES[state]}`,
    ...matching.map((one) => `  subscribed: ${one}`),
    ...findings.map(({ kind, text }) => `  ${kind}: ${text}`),
    ...(findings.length === 0
      ? ["  no reason found: such messages reach the client"]
      : []),
    ...actions.flatMap(actionLines),
  ];
  return lines.map((line) => `${shownText(line)}\n`).join("");
}
