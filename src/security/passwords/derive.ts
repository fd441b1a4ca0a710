import type { BcryptHash, HashKind, PasswordHash, ScramHash } from "./hash.ts";
import { saslPrep } from "./saslprep.ts";

/**
 * Costs of new hashes. Argon2id's are the second choice of RFC 9106, 4, made
 * smaller as OWASP advises for many logins: 19 MiB, 0.1 s on a small machine.
 */
const MEMORY = 19_456;
const PASSES = 2;
const PBKDF2_ITERATIONS = 100_000;

/** A hash that can be derived again from a password. */
type KeyedHash = Exclude<PasswordHash, BcryptHash>;

/** RFC 7677 asks for 4,096 at least; a client has to do them, too. */
export const SCRAM_ITERATIONS = 15_000;

/**
 * Returns the hash of a new password, with a salt of its own. For SCRAM it
 * rejects with `RangeError` when the password has what `saslPrep` refuses.
 */
export async function makeHash(
  password: Uint8Array<ArrayBuffer>,
  kind: HashKind,
): Promise<PasswordHash> {
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const empty = new Uint8Array(0);
  const draft = ((): KeyedHash => {
    switch (kind) {
      case "sha512":
        return { kind, salt, key: empty };
      case "pbkdf2-sha512":
        // As long as Mosquitto 2.0 makes it: it reads no other.
        return {
          kind,
          iterations: PBKDF2_ITERATIONS,
          salt: salt.slice(0, 12),
          key: empty,
        };
      case "argon2id": {
        const cost = { memory: MEMORY, passes: PASSES, lanes: 1 };
        return { kind, ...cost, salt, key: new Uint8Array(32) };
      }
      case "scram-sha-256": {
        const iterations = SCRAM_ITERATIONS;
        saslPrep(new TextDecoder().decode(password));
        return { kind, iterations, salt, key: empty, serverKey: empty };
      }
    }
  })();
  return { ...draft, ...await derive(draft, password) };
}

/** Returns whether `password` is the one that `hash` was made of. */
export async function matches(
  hash: PasswordHash,
  password: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  if (hash.kind === "bcrypt") return await isBcrypt(hash, password);
  return isSame((await derive(hash, password)).key, hash.key);
}

/** Returns what comes of `password` with the salt and the cost of `hash`. */
async function derive(
  hash: KeyedHash,
  password: Uint8Array<ArrayBuffer>,
): Promise<{ key: Uint8Array<ArrayBuffer> }> {
  switch (hash.kind) {
    case "sha512":
      return { key: await sha512(password, hash.salt) };
    case "pbkdf2-sha512":
      return { key: await pbkdf2("SHA-512", 64, password, hash) };
    case "pbkdf2-go-auth":
      return {
        key: await pbkdf2(hash.digest, hash.key.length, password, hash),
      };
    case "argon2id":
      return { key: await argon2(hash, password) };
    case "scram-sha-256":
      return await scramKeys(prepared(password), hash);
  }
}

async function sha512(
  password: Uint8Array,
  salt: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  const salted = new Uint8Array(password.length + salt.length);
  salted.set(password);
  salted.set(salt, password.length);
  return new Uint8Array(await crypto.subtle.digest("SHA-512", salted));
}

async function pbkdf2(
  hash: "SHA-256" | "SHA-512",
  length: number,
  password: Uint8Array<ArrayBuffer>,
  { salt, iterations }: {
    readonly salt: Uint8Array<ArrayBuffer>;
    readonly iterations: number;
  },
): Promise<Uint8Array<ArrayBuffer>> {
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, [
    "deriveBits",
  ]);
  const algorithm = { name: "PBKDF2", hash, salt, iterations };
  const bits = await crypto.subtle.deriveBits(algorithm, key, length * 8);
  return new Uint8Array(bits);
}

/** Loaded when it is used: 30 ms, and no start needs it. */
async function argon2(
  { memory, passes, lanes, salt, key }: PasswordHash & { kind: "argon2id" },
  password: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array<ArrayBuffer>> {
  const { argon2id } = await import("hash-wasm");
  const bytes = await argon2id({
    // The library takes no empty one, which is never right anyway.
    password: password.length === 0 ? new Uint8Array(1) : password,
    salt,
    memorySize: memory,
    iterations: passes,
    parallelism: lanes,
    hashLength: key.length,
    outputType: "binary",
  });
  return password.length === 0 ? new Uint8Array(0) : new Uint8Array(bytes);
}

/** bcrypt counts 72 bytes of a password; the library takes no empty one. */
async function isBcrypt(
  { text }: BcryptHash,
  password: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const { bcryptVerify } = await import("hash-wasm");
  const isEmpty = password.length === 0;
  const given = isEmpty ? new Uint8Array(1) : password.subarray(0, 72);
  return await bcryptVerify({ password: given, hash: text }) && !isEmpty;
}

/** Returns what SCRAM keeps of a password with this salt and cost. */
export async function scramHash(
  password: string,
  salt: Uint8Array<ArrayBuffer>,
  iterations: number,
): Promise<ScramHash> {
  const bytes = prepared(new TextEncoder().encode(password));
  const keys = await scramKeys(bytes, { salt, iterations });
  return { kind: "scram-sha-256", salt, iterations, ...keys };
}

/**
 * Returns the form in which SCRAM hashes a password. One that has no such form
 * stays as it is: no hash was made of it, so it fits none.
 */
function prepared(password: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(password);
    return new TextEncoder().encode(saslPrep(text));
  } catch {
    return password;
  }
}

/** Returns what SCRAM keeps of a password: its two keys (RFC 5802, 3). */
async function scramKeys(
  password: Uint8Array<ArrayBuffer>,
  cost: {
    readonly salt: Uint8Array<ArrayBuffer>;
    readonly iterations: number;
  },
): Promise<
  { key: Uint8Array<ArrayBuffer>; serverKey: Uint8Array<ArrayBuffer> }
> {
  const salted = await pbkdf2("SHA-256", 32, password, cost);
  const clientKey = await hmac(salted, "Client Key");
  return {
    key: new Uint8Array(await crypto.subtle.digest("SHA-256", clientKey)),
    serverKey: await hmac(salted, "Server Key"),
  };
}

async function hmac(
  secret: Uint8Array<ArrayBuffer>,
  text: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", secret, algorithm, false, [
    "sign",
  ]);
  const bytes = new TextEncoder().encode(text);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes));
}

/** In a time that tells nothing of where they differ. */
function isSame(one: Uint8Array, other: Uint8Array): boolean {
  if (one.length !== other.length) return false;
  let difference = 0;
  for (let at = 0; at < one.length; at++) difference |= one[at] ^ other[at];
  return difference === 0;
}
