import { createHmac, randomBytes } from "node:crypto";
import {
  printHash,
  saslPrep,
  SCRAM_ITERATIONS,
  type ScramHash,
  scramHash,
} from "../passwords/mod.ts";
import type { Shape, StandIns } from "./stand_ins.ts";

/** A user as the settings or a password file know one. */
export interface ScramUser {
  /** The user name, not prepared. */
  readonly name: string;
  /** Hash of the password, or the password itself. */
  readonly secret: ScramHash | string;
}

/** Parameters of an exchange, for a known user and for any other. */
export interface ScramEntry {
  /** True if the user exists. */
  readonly isKnown: boolean;
  /** As rules know the user: not prepared, or it could be another's name. */
  readonly username: string;
  /** Told to the client. */
  readonly salt: Uint8Array<ArrayBuffer>;
  /** Told to the client. */
  readonly iterations: number;
  /** Another one after the password has changed. */
  readonly proof: string;
  /** Returns what the client's proof is held against. */
  hash(): ScramHash | Promise<ScramHash>;
}

/** Key of the proofs: they are equal within one process alone. */
const proofKey = randomBytes(32);

/** Shape for a user whose password the settings give in clear. */
const PLAIN: Shape = { iterations: SCRAM_ITERATIONS, saltBytes: 16 };

/**
 * Users of SCRAM. A name that no user has gets an answer like that of a user,
 * always the same one: a peer cannot ask which names there are (RFC 5802, 9).
 */
export class ScramUsers {
  readonly #entries = new Map<string, ScramEntry>();
  readonly #unread: Unread[] = [];
  readonly #standIns: StandIns;

  /**
   * Of two users whose names are prepared to the same, the first counts.
   * Throws `RangeError` for a name or a password that SCRAM cannot have.
   */
  constructor(users: readonly ScramUser[], standIns: StandIns) {
    this.#standIns = standIns;
    for (const user of users) {
      const name = told(user, () => saslPrep(user.name));
      if (this.#entries.has(name)) continue;
      const entry = this.#entryOf(name, user);
      this.#entries.set(name, entry);
      const { iterations, salt } = entry;
      standIns.add({ iterations, saltBytes: salt.length });
    }
  }

  /** Returns the entry for an exchange under `name`, which is prepared. */
  find(name: string): ScramEntry {
    // Made for all, so that it takes as long for those that need it not.
    const stranger = this.#stranger(name);
    return this.#entries.get(name) ?? stranger;
  }

  /** Returns whether there is a user of this name. */
  has(username: string): boolean {
    try {
      return this.#entries.get(saslPrep(username))?.username === username;
    } catch {
      return false; // a name that SCRAM cannot have
    }
  }

  /** Returns whether the user `username` still has what it proved itself by. */
  stillHas(username: string, proof: string): boolean {
    const entry = this.#entries.get(saslPrep(username));
    return entry?.username === username && entry.proof === proof;
  }

  /**
   * Makes the hashes of users with a password in clear, one after the other:
   * their first login would else take longer than one of an unknown name. Ends
   * early when `signal` is aborted.
   */
  async prepare(signal: AbortSignal): Promise<void> {
    for (const entry of this.#unread) {
      if (signal.aborted) return;
      await entry.hash();
    }
  }

  #entryOf(name: string, user: ScramUser): ScramEntry {
    const { secret } = user;
    const proof = createHmac("sha256", proofKey).update(textOf(user))
      .digest("hex");
    if (typeof secret === "string") {
      // Reported now: at a login the operator would not see it.
      told(user, () => saslPrep(secret));
      // As a stand-in would get it: to add a user changes no salt.
      const salt = this.#standIns.salt(name, PLAIN.saltBytes);
      const { iterations } = PLAIN;
      const entry = new Unread(user.name, secret, salt, iterations, proof);
      this.#unread.push(entry);
      return entry;
    }
    const { salt, iterations } = secret;
    const hash = () => secret;
    const username = user.name;
    return { isKnown: true, username, salt, iterations, proof, hash };
  }

  #stranger(name: string): ScramEntry {
    const made = this.#standIns.of(name, PLAIN);
    return {
      isKnown: false,
      username: name,
      salt: made.salt,
      iterations: made.iterations,
      proof: "",
      hash: () => ({ kind: "scram-sha-256", ...made }),
    };
  }
}

/** A user whose hash is made of a password when it is needed. */
class Unread implements ScramEntry {
  readonly isKnown = true;
  readonly #password: string;
  #hash: Promise<ScramHash> | null = null;

  constructor(
    readonly username: string,
    password: string,
    readonly salt: Uint8Array<ArrayBuffer>,
    readonly iterations: number,
    readonly proof: string,
  ) {
    this.#password = password;
  }

  hash(): Promise<ScramHash> {
    return this.#hash ??= scramHash(
      this.#password,
      this.salt,
      this.iterations,
    );
  }
}

/** Says whose name or password it is that cannot be had. */
function told(user: ScramUser, prepare: () => string): string {
  try {
    return prepare();
  } catch (error) {
    throw new RangeError(
      `user ${user.name}: a name or password cannot be used for scram: ` +
        (error as Error).message,
    );
  }
}

function textOf({ secret }: ScramUser): string {
  return typeof secret === "string" ? secret : printHash(secret);
}
