import type { Issued } from "../../security/mod.ts";
import type { AuthorityCall } from "./authority_options.ts";
import { certificateJson, rows, shownDay } from "./authority_text.ts";
import { shownText } from "../console/shown_text.ts";

/** What was issued, for people; `files` are those that were written. */
export function issuedText(
  { shown }: AuthorityCall,
  { reading, purpose, endsEarly }: Issued,
  files: readonly string[],
): string {
  const early = endsEarly ? ", as the authority's own" : "";
  const { dns, ip, email } = reading.names;
  const names = [...dns, ...ip, ...email].join(", ");
  return `A certificate for the ${purpose} ${shownText(reading.name)}\n` +
    rows(
      ["valid until", `${shownDay(reading.notAfter)}${early}`],
      ...(names === "" ? [] : [["names", shownText(names)] as const]),
      ["fingerprint", reading.fingerprint],
      ...files.map((path, place) =>
        [place === 0 ? "written" : "", shown(path)] as const
      ),
    );
}

/** What was issued, for programs. */
export function issuedJson(
  issued: Issued,
  files: readonly string[],
): Record<string, unknown> {
  const { purpose, endsEarly, reading } = issued;
  return { ...certificateJson(reading), purpose, endsEarly, files };
}
