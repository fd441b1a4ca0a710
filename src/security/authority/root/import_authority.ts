import type { Clock } from "../../../clock/mod.ts";
import type { Authority } from "./authority.ts";
import { AuthorityError } from "../keys/authority_error.ts";
import { type Certificate, parseCertificates } from "./certificate_reading.ts";
import { establish } from "./establish.ts";
import { checkKeyType } from "../keys/key_type.ts";
import { isPair } from "../keys/key_pair.ts";
import { exportKey, readPrivateKey } from "../keys/private_key.ts";
import { day } from "../keys/validity.ts";
import { loadX509, type X509 } from "../keys/x509.ts";

/** A text, and the file it came from. */
export interface NamedText {
  /** Its content. */
  readonly text: string;
  /** Its name in errors. */
  readonly file: string;
}

/** Files that were read, each with the name it is called by in errors. */
export interface ImportedAuthority {
  /** PEM: the authority's certificate, then those above it, if any. */
  readonly certificate: NamedText;
  /** PEM; null for an authority that only verifies. */
  readonly key: NamedText | null;
  /** Opens an encrypted key. */
  readonly password?: string;
  /**
   * Put it in the place of one that is there, which is kept aside.
   * @default {false}
   */
  readonly isReplacing?: boolean;
}

/**
 * Brings an authority from elsewhere into `folder`. Rejects with
 * `AuthorityError`: `unsuitable` for what is no authority, has expired, or does
 * not go with its key; `exists`, `unwritable`.
 */
export async function importAuthority(
  folder: string,
  imported: ImportedAuthority,
  clock: Clock,
): Promise<Authority> {
  const { certificate: { text, file }, key } = imported;
  return await establish(
    folder,
    imported.isReplacing ?? false,
    clock,
    async () => {
      const x509 = await loadX509();
      const [own, ...above] = parseCertificates(x509, text, file);
      checkAuthority(x509, own, file, clock.date());
      await checkChain([own, ...above], file);
      const pem = [own, ...above].map((one) => one.toString("pem") + "\n")
        .join("");
      if (key === null) return { pem, key: null };
      const opened = await readPrivateKey(
        key.text,
        key.file,
        imported.password,
      );
      if (await isPair(pem, await exportKey(opened))) {
        return { pem, key: opened };
      }
      throw unsuitable(
        `${key.file} is not the key of the first certificate in ${file}`,
      );
    },
  );
}

function unsuitable(message: string): AuthorityError {
  return new AuthorityError("unsuitable", message);
}

/** Refuses a certificate that is no authority (RFC 5280, 4.2.1.3, 4.2.1.9). */
function checkAuthority(
  x509: X509,
  certificate: Certificate,
  file: string,
  now: number,
): void {
  const basic = certificate.getExtension(x509.BasicConstraintsExtension);
  if (basic?.ca !== true) {
    throw unsuitable(
      `${file} is no authority: its first certificate does not say CA:TRUE`,
    );
  }
  const usage = certificate.getExtension(x509.KeyUsagesExtension);
  const { keyCertSign } = x509.KeyUsageFlags;
  if (usage !== null && (usage.usages & keyCertSign) === 0) {
    throw unsuitable(
      `${file} may not issue: its key usage lacks "Certificate Sign"`,
    );
  }
  if (now > certificate.notAfter.getTime()) {
    throw unsuitable(
      `${file} expired on ${day(certificate.notAfter.getTime())}`,
    );
  }
  checkKeyType(certificate.publicKey.algorithm, file);
}

/** Each must be issued by the next, or clients could not follow. */
async function checkChain(
  chain: readonly Certificate[],
  file: string,
): Promise<void> {
  for (const [place, certificate] of chain.entries()) {
    const next = chain[place + 1];
    if (next === undefined) return;
    const publicKey = next.publicKey;
    if (await certificate.verify({ publicKey, signatureOnly: true })) continue;
    throw unsuitable(
      `${file}: certificate ${place + 2} did not issue certificate ` +
        `${place + 1}; put the authority first, then each one's issuer`,
    );
  }
}
