import { decodeBareBase64, decodeBase64 } from "../base64.ts";

/** A password as SHA-512 with salt: Mosquitto's before 2.0, `$6$`. */
export interface Sha512Hash {
  /** Tells it from the others. */
  readonly kind: "sha512";
  /** Not secret; another one for each password. */
  readonly salt: Uint8Array<ArrayBuffer>;
  /** 64 bytes. */
  readonly key: Uint8Array<ArrayBuffer>;
}

/** A password as PBKDF2 of HMAC-SHA-512: Mosquitto's, `$7$`. */
export interface Pbkdf2Hash {
  /** Tells it from the others. */
  readonly kind: "pbkdf2-sha512";
  /** 1 to 10,000,000. */
  readonly iterations: number;
  /** Not secret; another one for each password. */
  readonly salt: Uint8Array<ArrayBuffer>;
  /** 64 bytes. */
  readonly key: Uint8Array<ArrayBuffer>;
}

/** A password as Argon2id (RFC 9106), `$argon2id$`: the usual one here. */
export interface Argon2Hash {
  /** Tells it from the others. */
  readonly kind: "argon2id";
  /** KiB, 8 for each lane to 1 GiB. */
  readonly memory: number;
  /** 1 to 1,000; times `memory` at most 4 GiB. */
  readonly passes: number;
  /** 1 to 64. */
  readonly lanes: number;
  /** At least 8 bytes. */
  readonly salt: Uint8Array<ArrayBuffer>;
  /** 16 to 128 bytes. */
  readonly key: Uint8Array<ArrayBuffer>;
}

/** Keys of SCRAM-SHA-256 for a password (RFC 5802, 3), `$scram-sha-256$`. */
export interface ScramHash {
  /** Tells it from the others. */
  readonly kind: "scram-sha-256";
  /** 4,096 (RFC 7677, 4) to 10,000,000. */
  readonly iterations: number;
  /** Not secret; another one for each password. */
  readonly salt: Uint8Array<ArrayBuffer>;
  /** StoredKey, 32 bytes. */
  readonly key: Uint8Array<ArrayBuffer>;
  /** ServerKey, 32 bytes. */
  readonly serverKey: Uint8Array<ArrayBuffer>;
}

/** A password as mosquitto-go-auth hashes it, `PBKDF2$sha512$`. */
export interface GoAuthHash {
  /** Tells it from the others. */
  readonly kind: "pbkdf2-go-auth";
  /** The hash function of its HMAC. */
  readonly digest: "SHA-256" | "SHA-512";
  /** 1 to 10,000,000. */
  readonly iterations: number;
  /** Not secret; another one for each password. */
  readonly salt: Uint8Array<ArrayBuffer>;
  /** 16 to 64 bytes. */
  readonly key: Uint8Array<ArrayBuffer>;
}

/** A password as bcrypt, `$2a$`, `$2b$` or `$2y$`; its first 72 bytes count. */
export interface BcryptHash {
  /** Tells it from the others. */
  readonly kind: "bcrypt";
  /** As it was read: 60 characters. */
  readonly text: string;
}

/** A hashed password. */
export type PasswordHash =
  | Sha512Hash
  | Pbkdf2Hash
  | Argon2Hash
  | ScramHash
  | GoAuthHash
  | BcryptHash;

/** By what a new password can be hashed; other kinds are only compared with. */
export type HashKind = Exclude<
  PasswordHash["kind"],
  "pbkdf2-go-auth" | "bcrypt"
>;

const MOST_ITERATIONS = 10_000_000;

/** Of Argon2id, KiB × passes: some ten seconds. A login holds up others. */
const MOST_WORK = 4 << 20;

/** Rounds of bcrypt as a power of 2: some five seconds. */
const MOST_BCRYPT_COST = 16;

/**
 * Returns whether a text can only be meant as a hash; a password may look
 * otherwise.
 */
export function looksLikeHash(text: string): boolean {
  return /^(\$(6|7|2[aby]|argon2id|scram-sha-256)|PBKDF2\$sha\d+)\$/.test(
    text,
  );
}

/**
 * Reads a hash as password files have it. Throws `RangeError` with what is
 * wrong; the text itself is never told.
 */
export function parseHash(text: string): PasswordHash {
  const [before, kind, ...parts] = text.split("$");
  if (before === "PBKDF2") return parseGoAuth([kind, ...parts]);
  if (before !== "") throw new RangeError("it is no hash");
  switch (kind) {
    case "6":
      return parseSha512(parts);
    case "7":
      return parsePbkdf2(parts);
    case "argon2id":
      return parseArgon2(parts);
    case "scram-sha-256":
      return parseScram(parts);
    case "2a":
    case "2b":
    case "2y":
      return parseBcrypt(text);
    case "argon2i":
    case "argon2d":
    case "5":
    case "y":
      throw new RangeError(`its kind $${kind}$ is not known here`);
  }
  throw new RangeError("it is no hash of a known kind");
}

/** Returns the text that `parseHash` reads. */
export function printHash(hash: PasswordHash): string {
  if (hash.kind === "bcrypt") return hash.text;
  const salt = encode(hash.salt);
  const key = encode(hash.key);
  switch (hash.kind) {
    case "sha512":
      return `$6$${salt}$${key}`;
    case "pbkdf2-sha512":
      return `$7$${hash.iterations}$${salt}$${key}`;
    case "pbkdf2-go-auth": {
      const digest = hash.digest.replace("-", "").toLowerCase();
      return `PBKDF2$${digest}$${hash.iterations}$${salt}$${key}`;
    }
    case "argon2id": {
      const { memory, passes, lanes } = hash;
      const cost = `m=${memory},t=${passes},p=${lanes}`;
      // This form of Base64 goes without its padding.
      return `$argon2id$v=19$${cost}$${bare(salt)}$${bare(key)}`;
    }
    case "scram-sha-256":
      return `$scram-sha-256$${hash.iterations}$${salt}$${key}$${
        encode(hash.serverKey)
      }`;
  }
}

function parseSha512(parts: readonly string[]): Sha512Hash {
  expectParts(parts, 2);
  return {
    kind: "sha512",
    salt: decode(parts[0], 1, 1024),
    key: decode(parts[1], 64, 64),
  };
}

function parsePbkdf2(parts: readonly string[]): Pbkdf2Hash {
  expectParts(parts, 3);
  return {
    kind: "pbkdf2-sha512",
    iterations: number(parts[0], 1, MOST_ITERATIONS, "number of iterations"),
    salt: decode(parts[1], 1, 1024),
    key: decode(parts[2], 64, 64),
  };
}

function parseArgon2(parts: readonly string[]): Argon2Hash {
  expectParts(parts, 4);
  // 0x13, the only version of RFC 9106; hashes of 0x10 have no version at all.
  if (parts[0] !== "v=19") throw new RangeError("it is not of version 19");
  const cost = /^m=(\d+),t=(\d+),p=(\d+)$/.exec(parts[1]);
  if (cost === null) throw new RangeError("its cost is not m=…,t=…,p=…");
  const lanes = number(cost[3], 1, 64, "p");
  const memory = number(cost[1], 8 * lanes, 1 << 20, "m");
  const passes = number(cost[2], 1, 1000, "t");
  if (memory * passes > MOST_WORK) {
    throw new RangeError(
      `it would take too long: m times t is over ${MOST_WORK}`,
    );
  }
  return {
    kind: "argon2id",
    memory,
    passes,
    lanes,
    salt: decode(parts[2], 8, 1024),
    key: decode(parts[3], 16, 128),
  };
}

function parseScram(parts: readonly string[]): ScramHash {
  expectParts(parts, 4);
  return {
    kind: "scram-sha-256",
    iterations: number(parts[0], 4096, MOST_ITERATIONS, "number of iterations"),
    salt: decode(parts[1], 1, 1024),
    key: decode(parts[2], 32, 32),
    serverKey: decode(parts[3], 32, 32),
  };
}

function parseGoAuth(parts: readonly string[]): GoAuthHash {
  expectParts(parts, 4);
  const [digest] = parts;
  if (digest !== "sha256" && digest !== "sha512") {
    throw new RangeError("it is neither of sha256 nor of sha512");
  }
  return {
    kind: "pbkdf2-go-auth",
    digest: digest === "sha256" ? "SHA-256" : "SHA-512",
    iterations: number(parts[1], 1, MOST_ITERATIONS, "number of iterations"),
    salt: decode(parts[2], 1, 1024),
    key: decode(parts[3], 16, 64),
  };
}

function parseBcrypt(text: string): BcryptHash {
  const match = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/.exec(text);
  if (match === null) throw new RangeError("it is cut short, or longer");
  number(match[1], 4, MOST_BCRYPT_COST, "cost");
  // Salt and key end within a letter; bits behind them would fit no password.
  if (!/^.{28}[.Oeu].{30}[.CGKOSWaeimquy26]$/.test(text)) {
    throw new RangeError("the last letter of its salt or of its key is wrong");
  }
  return { kind: "bcrypt", text };
}

function expectParts(parts: readonly string[], count: number): void {
  if (parts.length !== count) {
    throw new RangeError("it is cut short, or longer");
  }
}

function number(text: string, min: number, max: number, what: string): number {
  const value = Number(text);
  if (/^\d{1,10}$/.test(text) && value >= min && value <= max) return value;
  throw new RangeError(`its ${what} is not between ${min} and ${max}`);
}

/** Decodes Base64 with or without padding to `least` to `most` bytes. */
function decode(
  text: string,
  least: number,
  most: number,
): Uint8Array<ArrayBuffer> {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text)) {
    throw new RangeError("it holds something that is no Base64");
  }
  const bytes = text.endsWith("=")
    ? decodeBase64(text)
    : decodeBareBase64(text);
  if (bytes === null) {
    throw new RangeError(
      "its Base64 is cut short, or its last letter is wrong",
    );
  }
  if (bytes.length < least || bytes.length > most) {
    throw new RangeError("it is cut short, or longer");
  }
  return bytes;
}

function encode(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function bare(text: string): string {
  return text.replace(/=+$/, "");
}
