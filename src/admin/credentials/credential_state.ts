import { CodedError } from "../../errors/mod.ts";
import { type Role, ROLES } from "./roles.ts";

/** A person who may log in. */
export interface AdminUser {
  readonly name: string;
  readonly role: Role;
  /** Hash of the password, as `security/passwords/` prints it. */
  readonly password: string;
}

/** A token of a program. */
export interface AdminToken {
  /** Eight letters, unlike those of all other tokens; not secret. */
  readonly id: string;
  /** The purpose, for people. */
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the token, in hexadecimal. */
  readonly hash: string;
  /** ms since 1970. */
  readonly created: number;
  /** ms since 1970; null for a token that never expires. */
  readonly expires: number | null;
}

/** A link that logs in once. */
export interface LoginLink {
  /** SHA-256 of the secret in the link, in hexadecimal. */
  readonly hash: string;
  /** Name of the user that it logs in. */
  readonly user: string;
  /** ms since 1970. */
  readonly expires: number;
}

/** Users, tokens and links of the admin page. */
export interface CredentialState {
  readonly users: readonly AdminUser[];
  readonly tokens: readonly AdminToken[];
  readonly links: readonly LoginLink[];
}

/** The state before the first user. */
export const EMPTY: CredentialState = { users: [], tokens: [], links: [] };

/** Format of the file that this version reads and writes. */
const VERSION = 1;

/** The file of users and tokens cannot be used. */
export class AdminFileError extends CodedError {
  /** The code, as the log has it. */
  override readonly code = "admin-file-invalid";

  /** `fault` says what is wrong with the file at `path`, and what to do. */
  constructor(path: string, fault: string, cause?: unknown) {
    super(`${path}: ${fault}`, { cause });
    this.name = "AdminFileError";
  }
}

/** Returns the content of the file. */
export function printState(state: CredentialState): string {
  const { users, tokens, links } = state;
  return `${
    JSON.stringify({ version: VERSION, users, tokens, links }, null, 2)
  }\n`;
}

/**
 * Reads the content of the file at `path`.
 *
 * @throws {AdminFileError} for content that no version up to this one writes.
 */
export function parseState(path: string, text: string): CredentialState {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch (cause) {
    throw new AdminFileError(path, `not JSON; ${TODO}`, cause);
  }
  const { version, users, tokens, links } = (content ?? {}) as Record<
    string,
    unknown
  >;
  if (typeof version === "number" && version > VERSION) {
    const fault = `a newer version of Dunlin wrote it (format ${version}); ` +
      "start that version, or name another admin.file";
    throw new AdminFileError(path, fault);
  }
  const isWhole = version === VERSION && isListOf(users, isUser) &&
    isListOf(tokens, isToken) && isListOf(links, isLink);
  if (!isWhole) throw new AdminFileError(path, `damaged; ${TODO}`);
  return { users, tokens, links } as CredentialState;
}

const TODO = "remove it and restart the broker, which then makes a new user, " +
  "or name another admin.file";

function isListOf(
  list: unknown,
  isOne: (one: Record<string, unknown>) => boolean,
): boolean {
  return Array.isArray(list) &&
    list.every((one) => typeof one === "object" && one !== null && isOne(one));
}

function isUser({ name, role, password }: Record<string, unknown>): boolean {
  return typeof name === "string" && isRole(role) &&
    typeof password === "string";
}

function isToken(one: Record<string, unknown>): boolean {
  const { id, name, role, hash, created, expires } = one;
  return typeof id === "string" && typeof name === "string" && isRole(role) &&
    typeof hash === "string" && typeof created === "number" &&
    (expires === null || typeof expires === "number");
}

function isLink({ hash, user, expires }: Record<string, unknown>): boolean {
  return typeof hash === "string" && typeof user === "string" &&
    typeof expires === "number";
}

function isRole(role: unknown): role is Role {
  return ROLES.includes(role as Role);
}
