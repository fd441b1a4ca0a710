import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import { ReasonCode } from "../../mqtt/mod.ts";
import type {
  AuthExchange,
  AuthOutcome,
  Credentials,
} from "../authenticator.ts";
import { identityOf } from "../identity.ts";
import { saslPrep, type ScramHash } from "../passwords/mod.ts";
import { DIGEST_BYTES, hmac, sha256 } from "./digests.ts";
import {
  type ClientFirst,
  readClientFinal,
  readClientFirst,
  ScramError,
} from "./messages.ts";
import type { ScramEntry, ScramUsers } from "./users.ts";

const NONCE_BYTES = 18;

/** State of an exchange after the first answer. */
interface Begun {
  readonly first: ClientFirst;
  readonly serverFirst: string;
  /** Both halves. */
  readonly nonce: string;
  readonly name: string;
  readonly entry: ScramEntry;
}

/**
 * One authentication by SCRAM-SHA-256 (RFC 5802, 5), the server's side. A user
 * no user has takes the same way as a wrong password.
 */
export class ScramExchange implements AuthExchange {
  readonly #users: ScramUsers;
  readonly #credentials: Credentials;
  readonly #nonce: string;
  #begun: Begun | null = null;

  /**
   * @param nonce Printable ASCII without a comma, never given twice.
   * @default nonce 18 random bytes in base64
   */
  constructor(
    users: ScramUsers,
    credentials: Credentials,
    nonce: string = newNonce(),
  ) {
    this.#users = users;
    this.#credentials = credentials;
    this.#nonce = nonce;
  }

  /** The claimed user name; null before the first message. */
  get username(): string | null {
    return this.#begun?.name ?? null;
  }

  /** Returns whether the name that the client gives is that of a user here. */
  get isKnown(): boolean {
    return this.#begun?.entry.isKnown ?? false;
  }

  async step(bytes: Uint8Array | null): Promise<AuthOutcome> {
    try {
      return this.#begun === null
        ? this.#begin(bytes)
        : await this.#end(this.#begun, bytes);
    } catch (error) {
      if (!(error instanceof ScramError)) throw error;
      return denied(error.message, ReasonCode.ProtocolError);
    }
  }

  #begin(bytes: Uint8Array | null): AuthOutcome {
    const first = readClientFirst(bytes);
    const name = prepared(first.username);
    const entry = this.#users.find(name);
    const nonce = first.nonce + this.#nonce;
    const salt = Buffer.from(entry.salt).toString("base64");
    const serverFirst = `r=${nonce},s=${salt},i=${entry.iterations}`;
    this.#begun = { first, serverFirst, nonce, name, entry };
    return { kind: "continue", data: new TextEncoder().encode(serverFirst) };
  }

  async #end(begun: Begun, bytes: Uint8Array | null): Promise<AuthOutcome> {
    const { first, serverFirst, nonce, name, entry } = begun;
    const final = readClientFinal(bytes);
    if (final.nonce !== nonce) throw new ScramError("the nonce differs");
    // Else a man in the middle could have changed the header.
    if (final.binding !== Buffer.from(first.gs2).toString("base64")) {
      throw new ScramError("the gs2 header differs");
    }
    const signed = `${first.bare},${serverFirst},${final.withoutProof}`;
    const hash = await entry.hash();
    const isRight = provesKey(hash, signed, final.proof);
    if (!isRight || !entry.isKnown) {
      return denied(
        entry.isKnown ? `wrong password of user ${name}` : `no user ${name}`,
        // DISCONNECT, the end of a re-authentication, has no 0x86 (3.14.2.1).
        ReasonCode.NotAuthorized,
      );
    }
    const signature = hmac(hash.serverKey, signed);
    return {
      kind: "allow",
      identity: identityOf(this.#credentials, {
        username: entry.username,
        proof: entry.proof,
      }),
      data: new TextEncoder().encode(
        `v=${Buffer.from(signature).toString("base64")}`,
      ),
    };
  }
}

/** Returns whether `proof` was made with the key that `hash` stores. */
function provesKey(
  hash: ScramHash,
  signed: string,
  proof: Uint8Array,
): boolean {
  const signature = hmac(hash.key, signed);
  const key = signature.map((byte, index) => byte ^ (proof[index] ?? 0));
  // The stored form is the hash of the key, never the key.
  return timingSafeEqual(sha256(key), hash.key) &&
    proof.length === DIGEST_BYTES;
}

function prepared(name: string): string {
  try {
    return saslPrep(name);
  } catch {
    throw new ScramError(
      "the user name has a character that SASLprep prohibits",
    );
  }
}

function denied(why: string, reasonCode: ReasonCode): AuthOutcome {
  return { kind: "deny", reasonCode, why };
}

function newNonce(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  return Buffer.from(bytes).toString("base64");
}
