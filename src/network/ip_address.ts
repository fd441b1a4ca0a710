/**
 * Returns an IP address as 16 bytes, IPv4 as IPv6 writes it
 * (`::ffff:192.0.2.1`), so that both compare alike. Null when `text` is no
 * address. A zone behind `%` is left out: it names an interface of this
 * machine, not a peer.
 */
export function parseAddress(text: string): Uint8Array | null {
  const bytes = new Uint8Array(16);
  if (!text.includes(":")) {
    if (!putIPv4(text, bytes)) return null;
    bytes[10] = bytes[11] = 0xff;
    return bytes;
  }
  const zone = text.indexOf("%");
  return putIPv6(zone < 0 ? text : text.slice(0, zone), bytes) ? bytes : null;
}

/** As `parseAddress` reads it: IPv4 with dots, IPv6 as RFC 5952 shortens it. */
export function formatAddress(bytes: Uint8Array): string {
  if (isIPv4(bytes)) return bytes.subarray(12).join(".");
  const groups: number[] = [];
  for (let at = 0; at < 16; at += 2) {
    groups.push(bytes[at] << 8 | bytes[at + 1]);
  }
  const [from, length] = longestZeros(groups);
  const text = (part: number[]) =>
    part.map((group) => group.toString(16)).join(":");
  // A single group of zeros is not shortened [RFC 5952 §4.2.2].
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, from))}::${text(groups.slice(from + length))}`;
}

/**
 * Returns an IPv4 address without the prefix that a socket on `::` gives it
 * (`::ffff:192.0.2.1`). Any other text stays as it is.
 */
export function plainAddress(text: string): string {
  return text.startsWith("::ffff:") && text.includes(".")
    ? text.slice(7)
    : text;
}

/**
 * Returns the part of an address that one subscriber has to itself, as a text to
 * compare: an IPv4 address, or the first 64 bits of an IPv6 address. Any other
 * text stays as it is.
 */
export function subscriberOf(address: string): string {
  if (!address.includes(":")) return address;
  const bytes = parseAddress(address);
  if (bytes === null) return address;
  return formatAddress(isIPv4(bytes) ? bytes : bytes.fill(0, 8));
}

/** Returns whether 16 bytes are an IPv4 address in the form of IPv6. */
export function isIPv4(bytes: Uint8Array): boolean {
  for (let at = 0; at < 10; at++) if (bytes[at] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

/** Four numbers without leading zeros, which some read as octal. */
function putIPv4(text: string, bytes: Uint8Array): boolean {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
  if (match === null) return false;
  for (let index = 0; index < 4; index++) {
    const part = match[index + 1];
    const value = Number(part);
    if (value > 255 || (part.length > 1 && part.startsWith("0"))) return false;
    bytes[12 + index] = value;
  }
  return true;
}

function putIPv6(text: string, bytes: Uint8Array): boolean {
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const front = groupsOf(halves[0], halves.length === 1);
  const back = halves.length === 2 ? groupsOf(halves[1], true) : [];
  if (front === null || back === null) return false;
  const count = front.length + back.length;
  if (halves.length === 1 ? count !== 8 : count > 7) return false;
  const put = (groups: number[], at: number) =>
    groups.forEach((group, index) => {
      bytes[at + index * 2] = group >> 8;
      bytes[at + index * 2 + 1] = group & 0xff;
    });
  put(front, 0);
  put(back, 16 - back.length * 2);
  return true;
}

/** Groups of 16 bits; the last two may be written as IPv4 where it is last. */
function groupsOf(text: string, isLast: boolean): number[] | null {
  if (text === "") return [];
  const groups: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (isLast && index === parts.length - 1 && part.includes(".")) {
      const bytes = new Uint8Array(16);
      if (!putIPv4(part, bytes)) return null;
      groups.push(bytes[12] << 8 | bytes[13], bytes[14] << 8 | bytes[15]);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(parseInt(part, 16));
    else return null;
  }
  return groups;
}

/**
 * Returns where the longest run of zeros begins, the first of equals, and its
 * length.
 */
function longestZeros(groups: readonly number[]): [number, number] {
  let best: [number, number] = [0, 0];
  for (let from = 0; from < groups.length; from++) {
    let length = 0;
    while (groups[from + length] === 0) length++;
    if (length > best[1]) best = [from, length];
  }
  return best;
}
