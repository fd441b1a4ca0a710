import { isIPv4, parseAddress } from "./ip_address.ts";

/** A network: all addresses that begin with the same bits. */
export interface Network {
  /** 16 bytes, as `parseAddress` makes them. */
  readonly address: Uint8Array;
  /** Length of the prefix, 0..128 bits. */
  readonly bits: number;
}

/**
 * Returns a network as CIDR writes it, `192.0.2.0/24` or `2001:db8::/32`; an
 * address alone is a network of its own. Null when it is none, or when bits are
 * set behind the prefix: who writes `10.0.0.1/8` may have meant something else.
 */
export function parseNetwork(text: string): Network | null {
  const match = /^([^/%]+)(?:\/(\d{1,3}))?$/.exec(text);
  const address = match === null ? null : parseAddress(match[1]);
  if (match === null || address === null) return null;
  const isShort = !match[1].includes(":");
  const most = isShort ? 32 : 128;
  const given = match[2] === undefined ? most : Number(match[2]);
  if (given > most) return null;
  const bits = isShort ? given + 96 : given;
  for (let bit = bits; bit < 128; bit++) {
    if ((address[bit >> 3] & (0x80 >> (bit & 7))) !== 0) return null;
  }
  return { address, bits };
}

/** A list of networks that an address is looked up in. */
export class Networks {
  readonly #networks: readonly Network[];

  /** Each as `parseNetwork` reads it; throws `RangeError` for what is none. */
  constructor(networks: readonly string[]) {
    this.#networks = networks.map((text) => {
      const network = parseNetwork(text);
      if (network === null) throw new RangeError(`${text} is no network`);
      return network;
    });
  }

  /** Returns whether there are none in it. */
  get isEmpty(): boolean {
    return this.#networks.length === 0;
  }

  /**
   * Returns whether one of them holds the address; what is no address is in
   * none.
   */
  has(address: string): boolean {
    return this.hasBytes(parseAddress(address));
  }

  /**
   * Returns the same for an address as `parseAddress` gives it; null is in
   * none.
   */
  hasBytes(bytes: Uint8Array | null): boolean {
    return bytes !== null &&
      this.#networks.some((network) => holds(network, bytes));
  }
}

function holds({ address, bits }: Network, bytes: Uint8Array): boolean {
  // `::/0` is all of IPv6; IPv4 has a network for all of its own.
  if (bits < 96 && isIPv4(bytes)) return false;
  const whole = bits >> 3;
  for (let at = 0; at < whole; at++) {
    if (address[at] !== bytes[at]) return false;
  }
  const rest = bits & 7;
  if (rest === 0) return true;
  const mask = 0xff << (8 - rest) & 0xff;
  return (address[whole] & mask) === (bytes[whole] & mask);
}
