import { AuthorityError } from "./authority_error.ts";
import { checkKeyType } from "./key_type.ts";
import { pemPrivateKey, toPem } from "./pem.ts";

/**
 * Returns the private key `key` as PKCS#8 in PEM. It must not be shown to
 * anybody.
 */
export async function exportKey(key: CryptoKey): Promise<string> {
  const bytes = await crypto.subtle.exportKey("pkcs8", key);
  return toPem("PRIVATE KEY", new Uint8Array(bytes));
}

/**
 * Returns the private key in `text`: PEM, as PKCS#8, PKCS#1 or SEC1; `password`
 * opens an encrypted one. `what` names its file in errors; nothing of the key
 * does.
 *
 * @throws {AuthorityError} `unsuitable`
 */
export async function readPrivateKey(
  text: string,
  what: string,
  password?: string,
): Promise<CryptoKey> {
  const block = pemPrivateKey(text);
  if (block === undefined) {
    throw new AuthorityError(
      "unsuitable",
      `${what} has no private key: it must be PEM, with a line ` +
        "-----BEGIN PRIVATE KEY----- or the like",
    );
  }
  const isEncrypted = /ENCRYPTED/.test(block.text);
  if (isEncrypted && password === undefined) {
    throw new AuthorityError(
      "unsuitable",
      `${what} is encrypted: give the file that holds its password with ` +
        "--password-file",
    );
  }
  const key = await importKey(await toPkcs8(block.text, what, password), what);
  checkKeyType(key.algorithm, what);
  return key;
}

/** One form for all, by the platform's own reader. */
async function toPkcs8(
  text: string,
  what: string,
  password: string | undefined,
): Promise<Uint8Array<ArrayBuffer>> {
  const { createPrivateKey } = await import("node:crypto");
  try {
    const key = createPrivateKey({ key: text, passphrase: password ?? "" });
    return new Uint8Array(key.export({ type: "pkcs8", format: "der" }));
  } catch (error) {
    // The library's words name routines, not what people can do.
    const isLocked = /decrypt|interrupted/i.test((error as Error).message);
    throw new AuthorityError(
      "unsuitable",
      isLocked
        ? `${what} does not open with this password`
        : `${what} is damaged, or of a kind or encryption that is not known ` +
          `here, as 3DES: "openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE -out ` +
          `NEW" may help`,
    );
  }
}

const importParams: readonly (RsaHashedImportParams | EcKeyImportParams)[] = [
  { name: "ECDSA", namedCurve: "P-256" },
  { name: "ECDSA", namedCurve: "P-384" },
  { name: "ECDSA", namedCurve: "P-521" },
  { name: "Ed25519" } as EcKeyImportParams,
  { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" },
];

/** WebCrypto wants to be told the kind; it refuses the wrong ones. */
async function importKey(
  bytes: Uint8Array<ArrayBuffer>,
  what: string,
): Promise<CryptoKey> {
  for (const params of importParams) {
    try {
      return await crypto.subtle.importKey("pkcs8", bytes, params, true, [
        "sign",
      ]);
    } catch {
      continue;
    }
  }
  throw new AuthorityError(
    "unsuitable",
    `${what} is of a kind that cannot sign here: use P-256, P-384, P-521, ` +
      "Ed25519 or RSA",
  );
}
