import { formatAddress, parseAddress } from "../../network/mod.ts";
import type { ListenerSettings } from "../model/listener_settings.ts";

/** Returns whether only this machine can reach an address. */
export function isLoopback(bind: string): boolean {
  const place = placeOf(bind);
  return place === "localhost" || place === "::1" ||
    /^127\.\d+\.\d+\.\d+$/.test(place);
}

/**
 * Returns the fault of a socket at `bind` and `port` where the listener `other`
 * has one; null for none. Port 0 fits beside all.
 */
export function clash(
  { bind, port }: Pick<ListenerSettings, "bind" | "port">,
  other: Pick<ListenerSettings, "name" | "bind" | "port">,
): string | null {
  if (port === 0 || port !== other.port) return null;
  const has = `the listener ${other.name} already has`;
  const [mine, theirs] = [placeOf(bind), placeOf(other.bind)];
  if (mine === theirs) {
    return `${has} ${bind} port ${port}: give another port`;
  }
  if (includes(mine, theirs)) {
    return `${has} port ${port} of ${other.bind}, which is one of the ` +
      `addresses of ${bind}: give another port`;
  }
  return includes(theirs, mine)
    ? `${has} port ${port} of ${other.bind}, which includes ${bind}: give ` +
      "another port"
    : null;
}

/** Returns one spelling for each address; a name, or a zone, stays as it is. */
function placeOf(bind: string): string {
  const bytes = bind.includes("%") ? null : parseAddress(bind);
  return bytes === null ? bind : formatAddress(bytes);
}

/** Returns whether a socket on `any` also has the address `one`. */
function includes(any: string, one: string): boolean {
  // A socket on `::` takes IPv4, too.
  if (any === "::") return parseAddress(one) !== null;
  return any === "0.0.0.0" && one.includes(".") && parseAddress(one) !== null;
}
