import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { Buffer } from "node:buffer";
import { saslPrep } from "./saslprep.ts";

/**
 * What a server keeps of a password (RFC 5802, 3): enough to tell whether a
 * client knows it, and to prove that the server does. It opens no other server.
 */
export interface ScramVerifier {
  /** 8 to 64 bytes. */
  readonly salt: Uint8Array;
  /** 4,096 to 1,000,000; the client pays for them. */
  readonly iterations: number;
  /** 32 bytes. */
  readonly storedKey: Uint8Array;
  /** 32 bytes. */
  readonly serverKey: Uint8Array;
}

/** How every verifier begins that is written as text. */
export const SCRAM_PREFIX = "$scram-sha-256$";

/** What a small device computes in a second; RFC 7677, 4 asks for 4,096. */
export const DEFAULT_ITERATIONS = 15_000;

/** Fewer are no protection (RFC 7677, 4), more would be an attack on clients. */
export const ITERATIONS = { min: 4096, max: 1_000_000 } as const;

/** Bytes of a key and of a proof. */
export const KEY_BYTES = 32;

const SALT_BYTES = 16;

/**
 * Makes a verifier of a password, off the thread that serves clients. Rejects
 * with `RangeError` when the password has what no password may have (RFC 4013)
 * or `iterations` is outside `ITERATIONS`.
 *
 * @default salt 16 random bytes
 */
export async function makeVerifier(
  password: string,
  iterations: number = DEFAULT_ITERATIONS,
  salt: Uint8Array = crypto.getRandomValues(new Uint8Array(SALT_BYTES)),
): Promise<ScramVerifier> {
  if (
    !Number.isInteger(iterations) || iterations < ITERATIONS.min ||
    iterations > ITERATIONS.max
  ) {
    throw new RangeError(
      `${iterations} iterations are not allowed: give ${ITERATIONS.min} to ${ITERATIONS.max}`,
    );
  }
  const prepared = new TextEncoder().encode(saslPrep(password));
  const material = await crypto.subtle.importKey(
    "raw",
    prepared,
    "PBKDF2",
    false,
    ["deriveBits"],
  );
  const salted = new Uint8Array(
    await crypto.subtle.deriveBits(
      {
        name: "PBKDF2",
        hash: "SHA-256",
        salt: Uint8Array.from(salt),
        iterations,
      },
      material,
      KEY_BYTES * 8,
    ),
  );
  return {
    salt,
    iterations,
    storedKey: sha256(hmac(salted, "Client Key")),
    serverKey: hmac(salted, "Server Key"),
  };
}

/**
 * Whether a password that was sent as it is fits. Takes as long as a right one
 * when it is wrong, also when it could be nobody's.
 */
export async function checkPassword(
  verifier: ScramVerifier,
  password: string,
): Promise<boolean> {
  const { iterations, salt, storedKey } = verifier;
  const prepared = tryPrep(password);
  const made = await makeVerifier(prepared ?? "?", iterations, salt);
  return timingSafeEqual(made.storedKey, storedKey) && prepared !== null;
}

function tryPrep(text: string): string | null {
  try {
    return saslPrep(text);
  } catch {
    return null;
  }
}

/** `$scram-sha-256$ITERATIONS$SALT$STORED$SERVER`, bytes in base64. */
export function formatVerifier(verifier: ScramVerifier): string {
  const { iterations, salt, storedKey, serverKey } = verifier;
  const parts = [salt, storedKey, serverKey].map((bytes) =>
    Buffer.from(bytes).toString("base64")
  );
  return `${SCRAM_PREFIX}${iterations}$${parts.join("$")}`;
}

/** Reads what `formatVerifier` writes; null when it is anything else. */
export function parseVerifier(text: string): ScramVerifier | null {
  const match =
    /^\$scram-sha-256\$(\d{1,7})\$([\w+/]+=*)\$([\w+/]+=*)\$([\w+/]+=*)$/
      .exec(text);
  if (match === null) return null;
  const iterations = Number(match[1]);
  const [salt, storedKey, serverKey] = match.slice(2).map((part) =>
    Uint8Array.from(Buffer.from(part, "base64"))
  );
  const isWhole = iterations >= ITERATIONS.min &&
    iterations <= ITERATIONS.max && salt.length >= 8 && salt.length <= 64 &&
    storedKey.length === KEY_BYTES && serverKey.length === KEY_BYTES;
  return isWhole ? { salt, iterations, storedKey, serverKey } : null;
}

/** HMAC-SHA-256 of `data`. */
export function hmac(key: Uint8Array, data: string | Uint8Array): Uint8Array {
  return Uint8Array.from(createHmac("sha256", key).update(data).digest());
}

/** SHA-256 of `data`. */
export function sha256(data: Uint8Array): Uint8Array {
  return Uint8Array.from(createHash("sha256").update(data).digest());
}
