/**
 * Returns a new serial number: 16 bytes of hex, 126 of its bits random. It is
 * unpredictable, positive and of one length (RFC 5280, 4.1.2.2).
 */
export function newSerial(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[0] = bytes[0] & 0x3f | 0x40;
  return bytes.toHex();
}
