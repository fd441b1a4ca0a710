import { AdminRefusal } from "../../../admin/protocol/mod.ts";

/** Returns the refusal of an argument that has no meaning. */
export function badRequest(detail: string): AdminRefusal {
  return new AdminRefusal(400, "invalid-request", detail);
}
