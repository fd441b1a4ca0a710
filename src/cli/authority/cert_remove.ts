import type { AuthorityCommand } from "./authority_options.ts";
import { CommandError } from "../console/command_error.ts";
import { shownText } from "../console/shown_text.ts";
import { expiryOf, type Known, nameOf, theOne } from "./cert_choice.ts";

/** `dunlin cert remove`: forgets a certificate. */
export const remove: AuthorityCommand = async (call) => {
  const known = await theOne(call);
  const { library, folder, list, options, clock } = call;
  const { fingerprint } = known;
  const isThere = await library.changeList(list, (entries) => {
    const entry = entries.get(fingerprint);
    const isRevoked = entry?.state === "revoked";
    if (isRevoked && !options.force && !isOver(known, clock.date())) {
      throw new CommandError(
        `it is revoked and valid until ${
          expiryOf(known)
        }: without its entry, ` +
          "listeners that let in whatever the authority issued would let it " +
          "in again; to remove it all the same add --force",
      );
    }
    return entries.delete(fingerprint);
  });
  if (!isThere && known.pem === undefined) {
    throw new CommandError(`${fingerprint} is not on the list`);
  }
  await library.forgetIssued(library.authorityFiles(folder), fingerprint);
  const name = shownText(nameOf(known)) || "The certificate";
  const text = `${name} is removed: ${fingerprint}\n`;
  return { text, json: { fingerprint, name: nameOf(known) } };
};

/** An expired certificate is refused whatever the list says. */
function isOver({ entry, reading }: Known, now: number): boolean {
  const end = reading?.notAfter ?? Date.parse(entry?.expires ?? "");
  return end < now;
}
