import type { AuthExchange, Credentials, Identity } from "../authenticator.ts";
import type { Link, Verdict } from "../chain/mod.ts";
import { ScramExchange } from "./exchange.ts";
import type { StandIns } from "./stand_ins.ts";
import { type ScramUser, ScramUsers } from "./users.ts";

/** The authentication method, as CONNECT names it (RFC 7677, 2). */
export const SCRAM_METHOD = "SCRAM-SHA-256";

/**
 * The link that accepts MQTT 5.0 clients that prove by enhanced authentication
 * that they know a password, without sending it.
 */
export class ScramLink implements Link {
  readonly name: string;
  readonly #users: ScramUsers;
  readonly #closed = new AbortController();

  /**
   * All links of a chain share `standIns`. Throws `RangeError` for a user that
   * SCRAM cannot have.
   */
  constructor(
    name: string,
    users: readonly ScramUser[],
    standIns: StandIns,
  ) {
    this.name = name;
    this.#users = new ScramUsers(users, standIns);
    // A failure here happens again, and is reported, at the login of the user.
    this.#users.prepare(this.#closed.signal).catch(() => {});
  }

  judge(): Verdict {
    return {
      kind: "ignore",
      why: `CONNECT does not name Authentication Method ${SCRAM_METHOD}`,
    };
  }

  begin(method: string, credentials: Credentials): AuthExchange | null {
    if (method !== SCRAM_METHOD) return null;
    return new ScramExchange(this.#users, credentials);
  }

  stillAllows({ username, proof }: Identity): boolean {
    return username !== null && proof !== undefined &&
      this.#users.stillHas(username, proof);
  }

  knows(username: string | null): boolean {
    return username !== null && this.#users.has(username);
  }

  close(): void {
    this.#closed.abort();
  }
}
