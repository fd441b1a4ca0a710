import { parseAddress } from "../../../network/mod.ts";
import { AdminRefusal } from "../../protocol/mod.ts";

/** Returns whether only this machine reaches the address. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "::1" ||
    /^(::ffff:)?127\.\d+\.\d+\.\d+$/i.test(hostname);
}

/**
 * Checks the host name of a request (DNS rebinding: a page of another site may
 * have a name that leads to this machine). IP addresses pass, as no such page
 * has one. At an address that other machines reach all names pass, as browsers
 * send no cookie of the page under another name.
 *
 * @throws {AdminRefusal} 421 for another name.
 */
export function checkHost(
  request: Request,
  bind: string,
  hostNames: readonly string[],
): void {
  if (!isLoopback(bind)) return;
  // HTTP/2 has the host in the address of the request.
  const host = request.headers.get("host") ?? new URL(request.url).host;
  const name = nameOf(host);
  const isFine = name !== null && (isLoopback(name) || isAddress(name) ||
    hostNames.some((one) => one.toLowerCase() === name));
  if (isFine) return;
  throw new AdminRefusal(
    421,
    "unknown-host",
    "the page is not served under this host name: add it to admin.host_names",
  );
}

/** Returns the name of a Host header in lower case; null for a bad one. */
function nameOf(host: string): string | null {
  const match = /^(?:\[([\da-f:.]+)\]|([^:[\]/\s]+))(?::\d{1,5})?$/i.exec(host);
  if (match === null) return null;
  return (match[1] ?? match[2]).toLowerCase().replace(/\.$/, "");
}

function isAddress(name: string): boolean {
  return parseAddress(name) !== null;
}
