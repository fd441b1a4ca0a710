import type { AskName, Asks } from "../../admin/protocol/mod.ts";
import type { HandlerParts } from "./admin_parts.ts";

/**
 * Answers one kind of question. Runs on the broker's thread: work of more than a
 * millisecond goes in turns. Throws `AdminRefusal` for a request that cannot be
 * met.
 */
export type AdminHandler<Name extends AskName> = (
  request: Asks[Name]["request"],
  parts: HandlerParts,
) => Asks[Name]["result"] | Promise<Asks[Name]["result"]>;

/** Loads the handlers of lists, of what they show, and of changes to that. */
const lists = () => import("./list_handlers.ts");

/** Loads the handler of each question, when it is asked for the first time. */
export const handlers: {
  readonly [Name in AskName]: () => Promise<AdminHandler<Name>>;
} = {
  "logs.read": async () => (await import("./read_logs.ts")).readLogs,
  "status.history": async () => (await import("./history.ts")).history,
  "traces.start": async () => (await import("./traces.ts")).startTrace,
  "traces.list": async () => (await import("./traces.ts")).listTraces,
  "traces.stop": async () => (await import("./traces.ts")).stopTrace,
  "traces.remove": async () => (await import("./traces.ts")).removeTrace,
  "traces.read": async () => (await import("./traces.ts")).readTrace,
  "clients.list": async () => (await lists()).listClients,
  "clients.show": async () => (await lists()).showClient,
  "clients.explain": async () => (await lists()).explainClient,
  "client.kick": async () => (await lists()).kickClient,
  "sessions.delete": async () => (await lists()).endSession,
  "subscriptions.list": async () => (await lists()).listSubscriptions,
  "groups.list": async () => (await lists()).listGroups,
  "groups.members": async () => (await lists()).listMembers,
  "retained.levels": async () => (await lists()).listLevels,
  "retained.search": async () => (await lists()).searchRetained,
  "retained.show": async () => (await lists()).showRetained,
  "retained.delete": async () => (await lists()).deleteRetained,
  "retained.count": async () => (await lists()).countRetained,
  "retained.deleteCounted": async () => (await lists()).deleteCounted,
  "publish": async () =>
    (await import("./publish_messages.ts")).publishMessages,
};
