import type { Clock } from "../../../clock/mod.ts";
import {
  type AdminUser,
  type BrowserSession,
  type BrowserSessions,
  type Credentials,
  LoginRate,
} from "../../credentials/mod.ts";
import { AdminRefusal } from "../../protocol/mod.ts";
import { TooManyRequests } from "../http/problem.ts";

/** After so long a log-in finds room again (ms). */
const BUSY = 1000;

/** A log-in that succeeded. */
export interface Login {
  readonly user: AdminUser;
  readonly session: BrowserSession;
  /** Value of `set-cookie`. */
  readonly cookie: string;
}

/** Parts of `Logins`. */
export interface LoginParts {
  readonly credentials: Credentials;
  readonly sessions: BrowserSessions;
  readonly clock: Clock;
  readonly cookieName: () => string;
  /** Whether the page itself is served with TLS. */
  readonly isTls: () => boolean;
}

/** Logs browsers in and out; bounds guessing. */
export class Logins {
  readonly credentials: Credentials;
  readonly #parts: LoginParts;
  readonly #rate: LoginRate;

  constructor(parts: LoginParts) {
    this.credentials = parts.credentials;
    this.#parts = parts;
    this.#rate = new LoginRate(parts.clock);
  }

  /**
   * Logs in by name and password. Rejects with `AdminRefusal`: 401, or 429 when
   * too many attempts failed or too many are under way.
   */
  async byPassword(
    name: string,
    password: string,
    from: string,
    request: Request,
  ): Promise<Login> {
    this.#take(from);
    let user: AdminUser | null;
    try {
      user = await this.credentials.byPassword(name, password);
    } catch (error) {
      if ((error as Error).name !== "TooBusyError") throw error;
      this.#rate.giveBack(from);
      const detail = "too many log-ins at once: try again";
      throw new TooManyRequests("too-many-logins", BUSY, detail);
    }
    if (user === null) throw failed("the name or the password");
    return this.#begin(user, from, request);
  }

  /**
   * The same by the secret of a link, which is used up. No guess finds one, so
   * failed attempts, of anyone, keep its user from nothing.
   */
  async byLink(secret: string, from: string, request: Request): Promise<Login> {
    const user = await this.credentials.byLink(secret);
    if (user !== null) return this.#begin(user, from, request);
    this.#take(from);
    throw failed("the link, which logs in once and within 15 minutes,");
  }

  /** Ends the session of `cookie`; returns the value of `set-cookie`. */
  end(cookie: string, request: Request): string {
    this.#parts.sessions.end(cookie);
    return `${this.#cookie("", request)}; Max-Age=0`;
  }

  /** Throws 429 when too many attempts have failed. */
  #take(from: string): void {
    const wait = this.#rate.take(from);
    if (wait === 0) return;
    const detail = "too many log-ins failed: wait, then try again";
    throw new TooManyRequests("too-many-logins", wait, detail);
  }

  #begin(user: AdminUser, from: string, request: Request): Login {
    this.#rate.succeeded(from);
    const { sessions } = this.#parts;
    const { cookie, session } = sessions.begin(user.name, user.password);
    return { user, session, cookie: this.#cookie(cookie, request) };
  }

  #cookie(value: string, request: Request): string {
    const { cookieName, isTls } = this.#parts;
    // A proxy that ends TLS says so; a client harms only itself with that.
    const isSecure = isTls() ||
      request.headers.get("x-forwarded-proto") === "https";
    return `${cookieName()}=${value}; Path=/; HttpOnly; SameSite=Strict` +
      (isSecure ? "; Secure" : "");
  }
}

function failed(what: string): AdminRefusal {
  return new AdminRefusal(401, "login-failed", `${what} is wrong`);
}
