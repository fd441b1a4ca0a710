import { isAddress, sameAddress } from "./addresses.ts";
import { type CertificateNames, isHostName } from "./certificate_names.ts";

/** More would make every handshake carry them; a machine has a few. */
const MOST_ADDRESSES = 32;

/** Facts from the system; tests give their own. */
export interface Machine {
  /** Its name, as it knows itself. */
  readonly hostname: () => string;
  /** Its interfaces' addresses. */
  readonly networkInterfaces: () => readonly { readonly address: string }[];
}

/**
 * Returns the names and addresses by which this machine can be reached, and
 * `extra` ones: host names or addresses; what is neither is left out. Addresses
 * that mean another machine on every link are left out, too.
 */
export function machineNames(
  extra: readonly string[] = [],
  machine: Machine = Deno,
): CertificateNames {
  const own = asked(machine.hostname, "");
  // mDNS: machines without a name server find each other so (RFC 6762).
  const local = own.includes(".") ? own : `${own}.local`;
  const addresses = asked(machine.networkInterfaces, [])
    .map(({ address }) => address).filter((one) => !isLinkLocal(one))
    .slice(0, MOST_ADDRESSES);
  const hosts = [...extra, own, local, "localhost"];
  const all = [...extra, "127.0.0.1", "::1", ...addresses];
  return {
    dns: [...new Set(hosts.map((one) => one.toLowerCase()).filter(isHostName))],
    ip: [...new Set(all.filter(isAddress).map(sameAddress))],
    email: [],
  };
}

/** Returns the default name of an authority. */
export function machineAuthorityName(machine: Machine = Deno): string {
  const own = machineNames([], machine).dns[0] ?? "this machine";
  return `Dunlin on ${own}`.slice(0, 64);
}

/** RFC 4291, 2.5.6, and RFC 3927. */
function isLinkLocal(address: string): boolean {
  return /^fe[89ab].:|^169\.254\./i.test(address);
}

/** A container may forbid to ask; its clients then know it by other names. */
function asked<T>(ask: () => T, otherwise: T): T {
  try {
    return ask();
  } catch {
    return otherwise;
  }
}
