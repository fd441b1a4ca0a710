import { ReasonCode } from "../../mqtt/mod.ts";
import type { Identity } from "../../security/mod.ts";
import type { Connection } from "./connection.ts";
import type { Deadline } from "../core/deadlines.ts";

/** Interval of reading the calendar (ms), which may be set. */
const LOOK = 60_000;

/** Ends a connection when the client's identity expires: a token, say. */
export class IdentityEnd implements Deadline {
  at: number = Infinity;
  tick: number = -1;
  readonly #connection: Connection;
  readonly #expiresAt: number;

  /** `expiresAt` is in ms since 1970, by the calendar. */
  constructor(connection: Connection, expiresAt: number) {
    this.#connection = connection;
    this.#expiresAt = expiresAt;
    this.#wait();
  }

  /** Stops watching. */
  stop(): void {
    this.#connection.context.deadlines.clear(this);
  }

  due(): void {
    const { context } = this.#connection;
    if (context.clock.date() < this.#expiresAt) return this.#wait();
    this.#connection.close(
      "auth-expired",
      ReasonCode.NotAuthorized,
      "the login of this client has expired",
    );
  }

  /** Waits for the date of the end, which the calendar decides. */
  #wait(): void {
    const { clock, deadlines } = this.#connection.context;
    const rest = this.#expiresAt - clock.date();
    this.at = clock.now() + Math.max(0, Math.min(rest, LOOK));
    deadlines.set(this);
  }
}

/** Has `connection` end when `identity` expires, in place of a former one. */
export function watchIdentity(
  connection: Connection,
  { expiresAt = Infinity }: Identity,
): void {
  connection.identityEnd?.stop();
  connection.identityEnd = expiresAt === Infinity
    ? null
    : new IdentityEnd(connection, expiresAt);
}
