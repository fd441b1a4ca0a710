import type { Clock } from "../../../clock/mod.ts";
import { openIssuer } from "../root/authority.ts";
import { AuthorityError } from "../keys/authority_error.ts";
import {
  checkNames,
  namesOf,
  serverNames,
} from "../names/certificate_names.ts";
import type { IssueOptions } from "./issue.ts";
import { commonName, type Issued, signAndKeep } from "./issuing.ts";
import { checkKeyType } from "../keys/key_type.ts";
import type { Leaf } from "./leaf.ts";
import type { X509 } from "../keys/x509.ts";

/** RFC 5280, 4.2.1.6. */
const NAMES = "2.5.29.17";

/** Options of signing; the request gives those that are missing. */
export type SignOptions =
  & Pick<IssueOptions, "purpose" | "days">
  & Partial<Pick<IssueOptions, "name" | "names">>;

/**
 * Signs a certificate request (PKCS#10; PEM, or DER) that `file` names. The
 * request gives the subject, not the purpose. Rejects as
 * `issue` does; `unsuitable` also when the request's signature is wrong.
 */
export async function signRequest(
  folder: string,
  request: { readonly content: Uint8Array<ArrayBuffer>; readonly file: string },
  options: SignOptions,
  clock: Clock,
): Promise<Issued> {
  const issuer = await openIssuer(folder, clock.date());
  const { x509 } = issuer;
  const asked = await readRequest(x509, request.content, request.file);
  const subject = options.name === undefined
    ? asked.subjectName
    : commonName(x509, options.name);
  checkSubject(subject, request.file);
  const names = options.names ??
    namesOf(x509, asked.getExtension(NAMES));
  checkNames(names);
  const own = subject.getField("CN")[0] ?? "";
  const publicKey = await asked.publicKey.export();
  checkKeyType(publicKey.algorithm, request.file);
  const { purpose, days } = options;
  const leaf = {
    subject,
    names: purpose === "server" ? serverNames(own, names) : names,
    purpose,
    publicKey,
  };
  return await signAndKeep(issuer, clock.date(), days, leaf);
}

/** Refuses a subject that is empty or unsuitable: its author is not trusted. */
function checkSubject(subject: Leaf["subject"], file: string): void {
  const values = subject.toJSON().flatMap((part) => Object.values(part).flat());
  if (values.length === 0) {
    throw new AuthorityError(
      "unsuitable",
      `${file} has no name in it: give one with --name`,
    );
  }
  for (const value of values) {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    if (!/\p{C}/u.test(text)) continue;
    throw new AuthorityError(
      "unsuitable",
      `${file} has a control character in its name: give another with --name`,
    );
  }
}

async function readRequest(
  { Pkcs10CertificateRequest }: X509,
  content: Uint8Array<ArrayBuffer>,
  file: string,
): Promise<InstanceType<X509["Pkcs10CertificateRequest"]>> {
  const text = new TextDecoder().decode(content);
  let isItsOwn = false;
  try {
    const request = new Pkcs10CertificateRequest(
      text.includes("-----BEGIN ") ? text : content,
    );
    isItsOwn = await request.verify();
    if (isItsOwn) return request;
  } catch (error) {
    throw new AuthorityError(
      "unsuitable",
      `${file} is no certificate request (PKCS#10, as "openssl req -new" ` +
        "makes it), or it is damaged",
      error,
    );
  }
  throw new AuthorityError(
    "unsuitable",
    `${file} is not signed with the key that it is for`,
  );
}
