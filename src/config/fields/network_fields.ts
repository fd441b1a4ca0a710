import { parseNetwork } from "../../network/mod.ts";
import { type Field, shown } from "./field.ts";
import { list, text } from "./word_fields.ts";

/** A network in CIDR, or one address. */
const network: Field<string> = {
  ...text(
    "",
    /./,
    'addresses or networks like "10.0.0.0/8" or "2001:db8::/32"',
    "",
  ),
  read(value) {
    if (typeof value === "string" && parseNetwork(value) !== null) return value;
    throw new RangeError(
      `${shown(value)} is not allowed: give an address or a network like ` +
        `"192.0.2.7", "10.0.0.0/8" or "2001:db8::/32", with no bits set ` +
        `behind the prefix`,
    );
  },
};

/** A list of networks, empty when it is left out. */
export function networks(doc: string): Field<readonly string[]> {
  return list([], network, 0, doc);
}

/** Returns a file's mode as `chmod` takes it, `"0660"`. */
export function fileMode(initial: number, doc: string): Field<number> {
  const write = (mode: number) =>
    JSON.stringify(mode.toString(8).padStart(4, "0"));
  return {
    doc,
    range: `a mode in octal, "0600" to "0777"`,
    default: initial,
    defaultText: write(initial),
    json: { type: "string", pattern: "^0?[67][0-7]{2}$" },
    read(value) {
      if (typeof value === "string" && /^0?[67][0-7]{2}$/.test(value)) {
        return parseInt(value, 8);
      }
      // A plain number would be read as decimal: 660 is not what is meant.
      throw new RangeError(
        `${shown(value)} is not allowed: give a mode in octal and in quotes, ` +
          `"0600" to "0777"`,
      );
    },
    write,
  };
}
