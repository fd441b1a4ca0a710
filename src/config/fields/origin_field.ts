import { type Field, shown } from "./field.ts";
import { text } from "./word_fields.ts";

/**
 * An origin exactly as browsers send it in `Origin`, where it is compared as
 * text: anything else would never match, and keep everybody out.
 */
export const origin: Field<string> = {
  ...text("", /./, 'origins like "https://example.org"', ""),
  read(value) {
    if (typeof value === "string" && isOrigin(value)) return value;
    throw new RangeError(
      `${shown(value)} is not allowed: give an origin as browsers send it, ` +
        `like "https://example.org" or "http://localhost:8080": lower case, ` +
        "no path, no slash at the end, no *, no default port",
    );
  },
};

function isOrigin(value: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*A-Z]+$/.test(value)) return false;
  // Schemes of apps and extensions have no origin of their own in a URL.
  if (!/^https?:/.test(value)) return true;
  return URL.canParse(value) && new URL(value).origin === value;
}
