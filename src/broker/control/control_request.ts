import type {
  HistoryFigures,
  StatusFigures,
} from "../../admin/protocol/mod.ts";
import type { LiveCase } from "./explain_delivery.ts";

/** The answer to a request. */
export type ControlAnswer<Result> =
  | { readonly ok: true; readonly result: Result }
  | { readonly ok: false; readonly error: string };

/** The answer to `health`. */
export interface Health {
  /** True while the broker restores the stored state. */
  readonly loading: boolean;
  /** The fault of the disk, for people; null while the disk works. */
  readonly trouble: string | null;
}

/** The answer to `status`. */
export interface BrokerStatus extends StatusFigures {
  /** The last hour, where it was asked for; shorter while it begins. */
  readonly history?: HistoryFigures;
}

/** A request to the broker. */
export type ControlRequest =
  | { readonly command: "explain"; readonly asked: LiveCase }
  | { readonly command: "health" }
  /** `key`: of the digests that stand for secrets. */
  | { readonly command: "settings"; readonly key: string }
  | { readonly command: "state" }
  | { readonly command: "status"; readonly history: boolean }
  /** Its answer has many lines; `readTraceSpec` reads `asked`. */
  | { readonly command: "trace"; readonly asked: Asked };

/** The fields of a request, as they came. */
type Asked = Readonly<Record<string, unknown>>;

/** Reads a request; else says what is wrong with it. */
export function readControlRequest(line: string): ControlRequest | string {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    return "the request is not JSON";
  }
  if (typeof request !== "object" || request === null) {
    return "the request is not an object";
  }
  const given = request as Asked;
  switch (given.command) {
    case "explain": {
      const asked = readCase(given);
      return typeof asked === "string" ? asked : { command: "explain", asked };
    }
    case "health":
      return { command: "health" };
    case "settings": {
      const { key } = given;
      if (typeof key !== "string") return "key must be a string";
      return { command: "settings", key };
    }
    case "state":
      return { command: "state" };
    case "status":
      return { command: "status", history: given.history === true };
    case "trace":
      return { command: "trace", asked: given };
  }
  return "there is no such command";
}

function readCase(given: Asked): LiveCase | string {
  const { clientId, topic, qos, retain, actions } = given;
  if (typeof clientId !== "string" || typeof topic !== "string") {
    return "clientId and topic must be strings";
  }
  if (qos !== 0 && qos !== 1 && qos !== 2) return "qos must be 0, 1 or 2";
  if (typeof retain !== "boolean") return "retain must be true or false";
  const isAction = (one: unknown): one is LiveCase["actions"][number] =>
    one === "publish" || one === "subscribe" || one === "receive";
  if (
    !Array.isArray(actions) || actions.length > 3 || !actions.every(isAction)
  ) return "actions must be a list of publish, subscribe and receive";
  return { clientId, topic, qos, retain, actions };
}

/** Returns the control socket of the broker whose store is `path`. */
export function controlPath(path: string): string {
  return `${path}.control`;
}
