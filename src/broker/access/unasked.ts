import type { ListenerSettings } from "../../config/mod.ts";
import { Unasked } from "../../security/mod.ts";
import { allowsAnonymous } from "./allows_anonymous.ts";

/** Returns the authenticator of settings without any `[[auth]]`. */
export function unaskedBy(listeners: readonly ListenerSettings[]): Unasked {
  const provesNames = listeners.some((one) =>
    one.proxy_username ||
    (one.username_from !== "none" && one.client_certificates !== "off")
  );
  return new Unasked(allowsAnonymous(listeners), provesNames);
}
