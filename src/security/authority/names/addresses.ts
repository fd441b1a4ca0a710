import { formatAddress, parseAddress } from "../../../network/mod.ts";

/** Returns whether `text` is an IP address, without a zone. */
export function isAddress(text: string): boolean {
  return !text.includes("%") && parseAddress(text) !== null;
}

/** `text` in the one form that all ways to write an address share. */
export function sameAddress(text: string): string {
  const bytes = parseAddress(text);
  return bytes === null ? text : formatAddress(bytes);
}
