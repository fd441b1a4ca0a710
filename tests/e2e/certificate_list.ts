import {
  type CertificateState,
  changeList,
} from "../../src/security/authority/mod.ts";
import { readCertificate } from "../../src/security/certificates/mod.ts";
import { derOf, type Made, type Workshop } from "../support/workshop.ts";

/** Puts a certificate on the list of the workshop's authority. */
export async function putOnList(
  workshop: Workshop,
  { cert }: Made,
  state: CertificateState,
): Promise<void> {
  const { fingerprint, subject } = readCertificate(await derOf(cert));
  const now = new Date().toISOString();
  await changeList(workshop.path("authority/certificates.json"), (list) => {
    const times = { added: now, changed: now, expires: null };
    list.set(fingerprint, { name: "", note: "", subject, ...times, state });
  });
}
