import { PrintedJson } from "../../admin/protocol/mod.ts";
import {
  deleteSession,
  kick,
  storedSoon,
} from "../lists/clients/client_actions.ts";
import { explainDelivery } from "../control/explain_delivery.ts";
import type { AdminHandler } from "./handlers.ts";

/** Makes a page of clients. */
export const listClients: AdminHandler<"clients.list"> = async (
  query,
  { lists },
) => new PrintedJson(await (await lists()).clients(query));

/** Returns all that is known about a client. */
export const showClient: AdminHandler<"clients.show"> = async (
  { clientId },
  { lists },
) => (await lists()).client(clientId);

/** Returns the reasons why a client gets no message of a topic. */
export const explainClient: AdminHandler<"clients.explain"> = (
  asked,
  { registry, clock },
) => {
  const found = explainDelivery(registry, asked);
  const ahead = clock.date() - clock.now();
  const drops = found.drops.map((note) => ({
    ...note,
    lastAt: new Date(note.lastAt + ahead).toISOString(),
  }));
  return { ...found, drops };
};

/** Disconnects a client; its session stays as it asked for. */
export const kickClient: AdminHandler<"client.kick"> = (
  { clientId, reason },
  { registry },
) => {
  kick(registry, clientId, reason);
  return { clientId };
};

/** Ends the session of a client, and its connection. */
export const endSession: AdminHandler<"sessions.delete"> = async (
  { clientId },
  { registry },
) => {
  deleteSession(registry, clientId);
  return { stored: await storedSoon(registry.context) };
};

/** Makes a page of subscriptions. */
export const listSubscriptions: AdminHandler<"subscriptions.list"> = async (
  query,
  { lists },
) => new PrintedJson(await (await lists()).subscriptions(query));

/** Makes a page of shared groups. */
export const listGroups: AdminHandler<"groups.list"> = async (
  query,
  { lists },
) => new PrintedJson(await (await lists()).groups(query));

/** Makes a page of the members of a shared group. */
export const listMembers: AdminHandler<"groups.members"> = async (
  query,
  { lists },
) => new PrintedJson(await (await lists()).members(query));

/** Makes a page of topic levels with retained messages. */
export const listLevels: AdminHandler<"retained.levels"> = async (
  query,
  { lists },
) => new PrintedJson(await (await lists()).levels(query));

/** Finds retained messages that match a filter. */
export const searchRetained: AdminHandler<"retained.search"> = async (
  query,
  { lists },
) => new PrintedJson(await (await lists()).search(query));

/** Returns one retained message. */
export const showRetained: AdminHandler<"retained.show"> = async (
  { topic },
  { lists },
) => (await lists()).retained(topic);

/** Removes one retained message. */
export const deleteRetained: AdminHandler<"retained.delete"> = async (
  { topic },
  { lists },
) => ({ stored: await (await lists()).deleteRetained(topic) });

/** Counts retained messages that match a filter. */
export const countRetained: AdminHandler<"retained.count"> = async (
  query,
  { lists },
) => await (await lists()).count(query);

/** Removes the retained messages that were counted. */
export const deleteCounted: AdminHandler<"retained.deleteCounted"> = async (
  query,
  { lists },
) => await (await lists()).deleteCounted(query);
