import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { pemCertificates, pemPrivateKey } from "../../authority/keys/pem.ts";
import { CertificateError } from "../der/certificate_error.ts";
import {
  isFor,
  Purpose,
  type ReadCertificate,
  readCertificate,
} from "../der/facts.ts";
import { readText } from "../der/read_file.ts";

/** Files of a certificate and its key. */
export interface IdentityFiles {
  /** PEM: the certificate itself, then those that lead to its root. */
  readonly cert: string;
  /** PEM: PKCS#8, PKCS#1 or SEC1. */
  readonly key: string;
  /** Opens an encrypted key; empty when there is none. */
  readonly key_password: string;
  /** A file that holds the password instead; empty when there is none. */
  readonly key_password_file: string;
}

/** A certificate and its key that fit together. */
export interface LoadedIdentity {
  /** PEM: the chain, the certificate itself first. */
  readonly cert: string;
  /** PEM: PKCS#8, not encrypted. */
  readonly key: string;
  /** The certificate itself. */
  readonly facts: ReadCertificate;
}

/**
 * Reads a pair and proves that it belongs together. Rejects with
 * `CertificateError`, which names the file and what to do, and nothing secret.
 */
export async function loadIdentity(
  files: IdentityFiles,
): Promise<LoadedIdentity> {
  // Together: in a busy process each wait for the disk takes its turn.
  const [chain, key] = await Promise.all([
    loadChain(files.cert),
    loadKey(files),
  ]);
  if (!chain[0].checkPrivateKey(key)) throw misfit(files, chain, key);
  const facts = readCertificate(new Uint8Array(chain[0].raw));
  if (!isFor(facts, Purpose.Server)) {
    throw new CertificateError(
      files.cert,
      "is not for servers: its extended key usage lacks serverAuth; " +
        "have one issued that may identify a server",
    );
  }
  return {
    cert: chain.map((one) => one.toString()).join(""),
    key: key.export({ type: "pkcs8", format: "pem" }) as string,
    facts,
  };
}

/**
 * Returns the certificates of a PEM file, at least one; or `CertificateError`.
 */
export async function loadChain(path: string): Promise<X509Certificate[]> {
  const blocks = pemCertificates(await readText(path));
  if (blocks.length === 0) {
    throw new CertificateError(
      path,
      "holds no certificate: give a PEM file with BEGIN CERTIFICATE " +
        "(from DER: openssl x509 -inform der -in FILE)",
    );
  }
  return blocks.map((block, index) => {
    try {
      const one = new X509Certificate(block);
      readCertificate(new Uint8Array(one.raw));
      return one;
    } catch (error) {
      const which = `certificate ${index + 1} of ${blocks.length}`;
      throw new CertificateError(
        path,
        `is damaged: ${which} cannot be decoded; copy it again`,
        error,
      );
    }
  });
}

async function loadKey(files: IdentityFiles): Promise<KeyObject> {
  const block = pemPrivateKey(await readText(files.key));
  if (block === undefined) {
    throw new CertificateError(
      files.key,
      "holds no private key: give a PEM file with BEGIN PRIVATE KEY",
    );
  }
  const isEncrypted = block.label.startsWith("ENCRYPTED") ||
    /^Proc-Type:.*ENCRYPTED/m.test(block.text);
  const passphrase = await passwordOf(files);
  // Without one the library might ask on the terminal.
  if (isEncrypted && passphrase === "") {
    throw new CertificateError(
      files.key,
      "is encrypted: give key_password or key_password_file",
    );
  }
  try {
    return createPrivateKey({ key: block.text, format: "pem", passphrase });
  } catch {
    // Its own words are of libraries; and nothing of the key must get out.
    throw new CertificateError(
      files.key,
      isEncrypted
        ? "cannot be decrypted: the password is wrong, or the encryption too " +
          "old; to convert it: openssl pkcs8 -topk8 -in FILE -out NEW"
        : "is damaged, or of an unknown kind: copy it again",
    );
  }
}

async function passwordOf(files: IdentityFiles): Promise<string> {
  if (files.key_password_file === "") return files.key_password;
  // Editors end the file with a line that is not part of it.
  return (await readText(files.key_password_file)).replace(/\r?\n$/, "");
}

function misfit(
  { cert, key }: IdentityFiles,
  chain: readonly X509Certificate[],
  object: KeyObject,
): CertificateError {
  const belongs = chain.findIndex((one) => one.checkPrivateKey(object));
  return new CertificateError(
    cert,
    belongs > 0
      ? `has the certificate of ${key} as number ${belongs + 1}: ` +
        "put it first, those that issued it behind it"
      : `does not belong to the key ${key}: give the two that were made together`,
  );
}
