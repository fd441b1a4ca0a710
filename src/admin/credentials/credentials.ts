import type { Clock } from "../../clock/mod.ts";
import type { Hashing } from "../../security/passwords/mod.ts";
import type { CredentialFile } from "./credential_file.ts";
import type { AdminUser, CredentialState } from "./credential_state.ts";
import { includesRole, type Role } from "./roles.ts";
import { hashOf, newLetters, newPassword, newSecret } from "./secret.ts";

/** Name of the user that the first start makes. */
export const FIRST_USER = "admin";

/** Validity of a link (ms). */
export const LINK_LIFE = 15 * 60_000;

/** Bounds of the file. */
const MOST_USERS = 100;
const MOST_TOKENS = 1000;
const MOST_LINKS = 10;

/** The tokens of this project begin so: scanners of secrets find them. */
const PREFIX = "dunlin_";

/** A user or token that makes requests. */
export interface Principal {
  /** As the audit lines have it: `user alice`, `token 7xk2m9qa (grafana)`. */
  readonly name: string;
  readonly role: Role;
}

/** Credentials that a request cannot have: `message` says why. */
export class CredentialError extends RangeError {
  /** As errors are known by. */
  override readonly name = "CredentialError";
}

/** A new token; its text is shown once. */
export interface NewToken {
  readonly id: string;
  readonly token: string;
}

/** The first user, for the report of the start. */
export interface FirstLogin {
  readonly user: string;
  readonly password: string;
  /** Secret of the link that logs in once. */
  readonly link: string;
}

/** Returns the users, tokens and links of `file`, and changes them. */
export class Credentials {
  readonly #file: CredentialFile;
  readonly #clock: Clock;
  /** Compares passwords; made with the first. */
  #hashing: Promise<Hashing> | null = null;

  /** Starts no thread before a password has to be compared. */
  constructor(file: CredentialFile, clock: Clock) {
    this.#file = file;
    this.#clock = clock;
  }

  /** Path of the file; null for none. */
  get path(): string | null {
    return this.#file.path;
  }

  /** Makes the first user where there is none; else returns null. */
  async begin(): Promise<FirstLogin | null> {
    if ((await this.#file.read(true)).users.length > 0) return null;
    const password = newPassword();
    // It has 118 random bits, so a fast hash protects it.
    const hash = await hashPassword(password, "sha512");
    const user: AdminUser = { name: FIRST_USER, role: "admin", password: hash };
    let isFirst = false;
    await this.#file.change((state) => {
      isFirst = state.users.length === 0;
      return isFirst ? { ...state, users: [user] } : state;
    });
    if (!isFirst) return null;
    const link = await this.createLink(FIRST_USER);
    return { user: FIRST_USER, password, link };
  }

  /** Returns the user whose name and password these are, or null. */
  async byPassword(name: string, password: string): Promise<AdminUser | null> {
    const { users } = await this.#file.read(true);
    const user = users.find((one) => one.name === name);
    // An unknown name takes as long as a wrong password of another user.
    const slow = users.find((one) => one.password.startsWith("$argon2id$"));
    const hash = (user ?? slow ?? users[0])?.password;
    if (hash === undefined) return null;
    const bytes = new TextEncoder().encode(password);
    const { parseHash } = await import("../../security/passwords/mod.ts");
    const hashing = await (this.#hashing ??= this.#makeHashing());
    const isRight = await hashing.check(parseHash(hash), bytes);
    return isRight ? user ?? null : null;
  }

  async #makeHashing(): Promise<Hashing> {
    const { Hashing } = await import("../../security/passwords/mod.ts");
    return new Hashing(this.#clock, { threads: 1, waiting: 8 });
  }

  /** Returns the token of this text, or null. */
  async byToken(token: string): Promise<Principal | null> {
    if (!token.startsWith(PREFIX)) return null;
    const hash = await hashOf(token);
    const { tokens } = await this.#file.read();
    const found = tokens.find((one) => one.hash === hash);
    if (found === undefined) return null;
    const { id, name, role, expires } = found;
    if (expires !== null && expires <= this.#clock.date()) return null;
    return { name: `token ${id} (${name})`, role };
  }

  /** Uses a link up; returns its user, or null for one that does not count. */
  async byLink(secret: string): Promise<AdminUser | null> {
    const hash = await hashOf(secret);
    const known = await this.#file.read(true);
    // A guess must not write to the disk.
    if (known.links.every((one) => one.hash !== hash)) return null;
    let found: AdminUser | null = null;
    await this.#file.change((state) => {
      const now = this.#clock.date();
      const link = state.links.find((one) => one.hash === hash);
      if (link !== undefined && isValid(link.expires, now)) {
        found = state.users.find(({ name }) => name === link.user) ?? null;
      }
      return { ...state, links: state.links.filter((one) => one !== link) };
    });
    return found;
  }

  /** Returns the user with this name, or null. */
  async user(name: string): Promise<AdminUser | null> {
    const { users } = await this.#file.read();
    return users.find((one) => one.name === name) ?? null;
  }

  /** Returns the present state, for lists. */
  async state(): Promise<CredentialState> {
    return await this.#file.read(true);
  }

  /**
   * Sets a password, of a new user too. Rejects with `CredentialError` for one
   * that is too short. `role` null leaves it as it is; a new user is an admin.
   */
  async setPassword(
    name: string,
    password: string,
    role: Role | null,
  ): Promise<void> {
    checkName(name);
    if (password.length < 8) {
      throw new CredentialError("the password is too short: give 8 letters");
    }
    const hash = await hashPassword(password, "argon2id");
    await this.#file.change((state) => {
      const before = state.users.find((one) => one.name === name);
      const others = state.users.filter((one) => one !== before);
      if (others.length >= MOST_USERS) {
        throw new CredentialError(`there are ${MOST_USERS} users already`);
      }
      const user: AdminUser = {
        name,
        role: role ?? before?.role ?? "admin",
        password: hash,
      };
      const users = [...others, user];
      checkAdmin(users);
      return { ...state, users };
    });
  }

  /** Makes a token; `life` in ms, null for ever. */
  async createToken(
    name: string,
    role: Role,
    life: number | null,
  ): Promise<NewToken> {
    checkName(name);
    const id = newLetters(8);
    const token = `${PREFIX}${id}_${newSecret()}`;
    const hash = await hashOf(token);
    const created = this.#clock.date();
    const expires = life === null ? null : created + life;
    await this.#file.change((state) => {
      if (state.tokens.length >= MOST_TOKENS) {
        throw new CredentialError(
          `there are ${MOST_TOKENS} tokens already: revoke some`,
        );
      }
      const made = { id, name, role, hash, created, expires };
      return { ...state, tokens: [...state.tokens, made] };
    });
    return { id, token };
  }

  /** Revokes the token with this id; returns whether there was one. */
  async revokeToken(id: string): Promise<boolean> {
    let wasThere = false;
    await this.#file.change((state) => {
      const tokens = state.tokens.filter((one) => one.id !== id);
      wasThere = tokens.length < state.tokens.length;
      return { ...state, tokens };
    });
    return wasThere;
  }

  /** Makes a link that logs `user` in once; returns its secret. */
  async createLink(user: string): Promise<string> {
    const secret = newSecret();
    const hash = await hashOf(secret);
    const now = this.#clock.date();
    await this.#file.change((state) => {
      if (state.users.every(({ name }) => name !== user)) {
        throw new CredentialError(`there is no user ${user}`);
      }
      const valid = state.links.filter(({ expires }) => isValid(expires, now));
      const link = { hash, user, expires: now + LINK_LIFE };
      return { ...state, links: [...valid, link].slice(-MOST_LINKS) };
    });
    return secret;
  }

  /** Ends the thread that compares passwords. */
  close(): void {
    this.#hashing?.then((hashing) => hashing.close());
  }
}

/** A calendar that was set back must not make a link valid for years. */
function isValid(expires: number, now: number): boolean {
  return now < expires && expires - now <= LINK_LIFE;
}

async function hashPassword(
  password: string,
  kind: "argon2id" | "sha512",
): Promise<string> {
  const { makeHash, printHash } = await import(
    "../../security/passwords/mod.ts"
  );
  const bytes = new TextEncoder().encode(password);
  return printHash(await makeHash(bytes, kind));
}

/** Names are shown in logs and lists. */
function checkName(name: string): void {
  if (/^[^\p{C}\p{Z}][^\p{C}]{0,99}$/u.test(name)) return;
  throw new CredentialError(
    "the name has no letter, more than 100, or a control character",
  );
}

/** Without an admin no user could make one. */
function checkAdmin(users: readonly AdminUser[]): void {
  if (users.some(({ role }) => includesRole(role, "admin"))) return;
  throw new CredentialError("the last admin cannot become a viewer");
}
