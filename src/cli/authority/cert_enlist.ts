import type { Issued } from "../../security/mod.ts";
import type { AuthorityCall } from "./authority_options.ts";

/** Lets a client in whose certificate was issued just now. */
export async function enlist(
  { library, list, options, clock }: AuthorityCall,
  { reading, purpose }: Issued,
): Promise<void> {
  if (purpose !== "client") return;
  const time = library.isoTime(clock.date());
  await library.changeList(list, (entries) => {
    entries.set(reading.fingerprint, {
      name: reading.name,
      state: "authorized",
      note: options.note ?? "",
      added: time,
      changed: time,
      subject: reading.subject,
      expires: library.isoTime(reading.notAfter),
    });
  });
}
