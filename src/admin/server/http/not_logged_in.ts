import { AdminRefusal } from "../../protocol/mod.ts";

/** Returns the refusal of a request without valid credentials. */
export function notLoggedIn(): AdminRefusal {
  const detail = "log in, or send a valid token: authorization: Bearer TOKEN";
  return new AdminRefusal(401, "not-logged-in", detail);
}
