import { AdminRefusal } from "../../admin/protocol/mod.ts";
import { ReasonCode } from "../../mqtt/mod.ts";
import type { HandlerParts } from "./admin_parts.ts";

/** Disconnects a client; its session stays as it asked for. */
export function kickClient(
  { clientId }: { readonly clientId: string },
  { registry }: HandlerParts,
): { readonly clientId: string } {
  const session = registry.get(clientId);
  if (session === undefined) {
    const detail = "no session has this client id";
    throw new AdminRefusal(404, "no-such-client", detail);
  }
  const { connection } = session;
  if (connection === null) {
    throw new AdminRefusal(409, "not-connected", "the client is not connected");
  }
  connection.close(
    "administrative-action",
    ReasonCode.AdministrativeAction,
    "an administrator disconnected the client",
  );
  return { clientId };
}
