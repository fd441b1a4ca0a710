import {
  type CertificateReading,
  parseCertificates,
  readingOf,
} from "./certificate_reading.ts";
import { loadX509 } from "../keys/x509.ts";

/** A certificate that came in a file. */
export interface CertificateFile {
  /** Its content. */
  readonly reading: CertificateReading;
  /** It alone, in PEM. */
  readonly pem: string;
}

/**
 * Returns what the first certificate in `content` says: PEM or DER. `file`
 * names it in errors. Rejects with `AuthorityError` `unsuitable` when there is
 * none.
 */
export async function readCertificateFile(
  content: Uint8Array<ArrayBuffer>,
  file: string,
): Promise<CertificateFile> {
  const x509 = await loadX509();
  const text = new TextDecoder().decode(content);
  // DER is a sequence of a few hundred bytes or more: 0x30 0x8x [X.690 §8.9].
  const isDer = content[0] === 0x30 && content[1] > 0x80;
  const [first] = parseCertificates(x509, isDer ? content : text, file);
  const pem = first.toString("pem") + "\n";
  return { reading: readingOf(x509, first), pem };
}
