import { createHash } from "node:crypto";
import { ReasonCode } from "../../mqtt/mod.ts";
import type { Credentials, Identity } from "../authenticator.ts";
import type { Link, Verdict } from "../chain/link.ts";
import { identityOf } from "../identity.ts";
import { type PasswordHash, printHash } from "./hash.ts";
import { type Hashing, TooBusyError } from "./hashing.ts";
import type { KnownLogins } from "./known_logins.ts";
import type { PasswordUsers } from "./password_file.ts";

/** Parts that the links of one broker share. */
export interface PasswordPorts {
  /** Compares passwords. */
  readonly hashing: Hashing;
  /** Logins that need not be compared again. */
  readonly known: KnownLogins;
  /** Told when a password could not be compared; must not throw. */
  readonly onTrouble: (error: Error) => void;
}

const NONE = new Uint8Array(0);

/** The link that accepts a user name with the user's password. */
export class PasswordLink implements Link {
  readonly name: string;
  readonly #users: PasswordUsers;
  /** One of them stands in for each name that is none. */
  readonly #hashes: readonly PasswordHash[];
  readonly #ports: PasswordPorts;

  /** `name` as `Link.name`. */
  constructor(name: string, users: PasswordUsers, ports: PasswordPorts) {
    this.name = name;
    this.#users = users;
    this.#hashes = [...users.values()];
    this.#ports = ports;
  }

  async judge(credentials: Credentials): Promise<Verdict> {
    const { username, password, isCertified } = credentials;
    if (username === null) return ignored("the client gives no user name");
    // Proved already, and it need not have a password here.
    if (isCertified) return ignored("its certificate gives the user name");
    const hash = this.#users.get(username);
    if (hash === undefined) {
      const dummyVerification = () => this.#pretend(username, password);
      const why = "no such user";
      // Without users no time needs to be imitated.
      return this.#hashes.length === 0
        ? ignored(why)
        : { kind: "ignore", why, dummyVerification };
    }
    const text = printHash(hash);
    const given = password ?? NONE;
    const { known } = this.#ports;
    if (!known.has(username, text, given)) {
      const refusal = await this.#compare(hash, given);
      if (refusal !== null) return refusal;
      known.add(username, text, given);
    }
    return {
      kind: "allow",
      identity: identityOf(credentials, { proof: proofOf(text) }),
    };
  }

  stillAllows({ username, proof }: Identity): boolean {
    const hash = username === null ? undefined : this.#users.get(username);
    return hash !== undefined && proofOf(printHash(hash)) === proof;
  }

  knows(username: string | null): boolean {
    return username !== null && this.#users.has(username);
  }

  /**
   * Null when the password is right. An empty one never is, whatever it was
   * hashed to: Mosquitto takes it for none. Its comparison takes the time that
   * every other takes.
   */
  async #compare(
    hash: PasswordHash,
    password: Uint8Array,
  ): Promise<Verdict | null> {
    try {
      const isSame = await this.#ports.hashing.check(hash, password);
      if (isSame && password.length > 0) return null;
    } catch (error) {
      return this.#failed(error as Error);
    }
    return {
      kind: "deny",
      reasonCode: ReasonCode.BadUserNameOrPassword,
      why: password.length === 0 ? "no password" : "wrong password",
      isDisguised: true,
    };
  }

  #failed(error: Error): Verdict {
    const { ServerBusy, ServerUnavailable } = ReasonCode;
    if (error instanceof TooBusyError) {
      return { kind: "deny", reasonCode: ServerBusy, why: error.message };
    }
    this.#ports.onTrouble(error);
    return {
      kind: "deny",
      reasonCode: ServerUnavailable,
      why: `the password could not be compared: ${error.message}`,
    };
  }

  /**
   * Takes as long as for a user who is here. Which user stands in is always the
   * same for a name: where hashes of several kinds take each their time, so
   * does each name.
   */
  async #pretend(username: string, password: Uint8Array | null): Promise<void> {
    const digest = createHash("sha256").update(username).digest();
    const hash = this.#hashes[digest.readUInt32LE(0) % this.#hashes.length];
    const given = password ?? NONE;
    // In vain, but a user who is here costs this, too.
    this.#ports.known.has(username, printHash(hash), given);
    await this.#compare(hash, given);
  }
}

function ignored(why: string): Verdict {
  return { kind: "ignore", why };
}

/** Tells one hash from another, and nothing else of it. */
function proofOf(hash: string): string {
  return createHash("sha256").update(hash).digest("base64").slice(0, 22);
}
