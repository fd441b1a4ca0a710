import type { AuthorityCommand } from "./authority_options.ts";
import { shownText } from "../console/shown_text.ts";
import {
  allKnown,
  expiryOf,
  type Known,
  nameOf,
  stateOf,
} from "./cert_choice.ts";
import { knownJson } from "./cert_show.ts";

/** `dunlin cert list`: those on the list and those issued here. */
export const list: AuthorityCommand = async (call) => {
  const { state } = call.options;
  const known = (await allKnown(call))
    .filter((one) => state === undefined || stateOf(one) === state)
    .sort((a, b) => key(a) < key(b) ? -1 : 1);
  const lines = known.map((one) =>
    `${stateOf(one).padEnd(11)} ${expiryOf(one).padEnd(10)}  ` +
    `${one.fingerprint.slice(0, 16)}  ${shownText(nameOf(one))}` +
    `${one.entry?.note ? `  (${shownText(one.entry.note)})` : ""}\n`
  );
  const head = "STATE       UNTIL       FINGERPRINT       NAME\n";
  const text = lines.length === 0 ? "none\n" : head + lines.join("");
  return { text, json: { certificates: known.map(knownJson) } };
};

/** By state, and by name within it. */
function key(one: Known): string {
  return `${stateOf(one)} ${nameOf(one)} ${one.fingerprint}`;
}
