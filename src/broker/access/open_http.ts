import type { AuthSettings } from "../../config/mod.ts";
import type { LinkPorts, OpenedLink } from "./opened_link.ts";
import { outageOf } from "./outage.ts";

/**
 * Makes the link of `type = "http"`, and the access server that it names.
 * Rejects with what is wrong.
 */
export async function openHttp(
  auth: AuthSettings,
  { clock, log }: LinkPorts,
): Promise<OpenedLink> {
  const http = await import("../../security/http/mod.ts");
  const { url, acl_url, superuser_url, cache, on_error } = auth;
  // Each request would fail, and the runtime's error tell the secret.
  if (!/^[\t\x20-\x7e]*$/.test(auth.authorization)) {
    throw new Error(
      "authorization has a character that no HTTP header may have, like a line " +
        "break: take it out",
    );
  }
  // The query may be a key.
  const { origin, pathname } = new URL(url);
  const name = `http ${origin}${pathname}`;
  const preset = auth.preset === "mosquitto-go-auth"
    ? http.goAuthPreset
    : http.dunlinPreset;
  const caller = new http.Caller({
    maxRequests: auth.max_requests,
    timeout: auth.timeout,
    authorization: auth.authorization,
    ...outageOf(name, clock, log),
  }, clock);
  const options = { url, preset, cache, onError: on_error };
  const link = new http.HttpLink(name, options, caller, clock);
  const opened = { link, files: [], mayGrant: preset.mayGrant };
  if (acl_url === "") return opened;
  const access = { url: acl_url, superuserUrl: superuser_url, preset, cache };
  const server = new http.HttpAccess(access, caller, clock);
  return { ...opened, asked: { server, onError: on_error } };
}
