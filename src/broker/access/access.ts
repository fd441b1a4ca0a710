import type { AuthSettings, Settings } from "../../config/mod.ts";
import type { RemoteAccess } from "../../security/access/mod.ts";
import type { Authorizer } from "../../security/mod.ts";
import {
  Chain,
  linkOfListeners,
  LoginAttempts,
  type LoginCounts,
  type LoginLimits,
} from "../../security/chain/mod.ts";
import { Hashing, KnownLogins } from "../../security/passwords/mod.ts";
import { makeAuthorizer, type OpenRules, openRules } from "./access_rules.ts";
import { accessError } from "./access_error.ts";
import { allowsAnonymous } from "./allows_anonymous.ts";
import { openLink } from "./links.ts";
import type { AccessPorts, LinkPorts, OpenedLink } from "./opened_link.ts";
import { sharedStandIns } from "./stand_ins.ts";

/** Authenticator and authorizer of one state of the settings. */
export interface AccessState {
  /** Authenticates clients. */
  readonly authenticator: Chain;
  /** Authorizes clients; null when there are no rules. */
  readonly authorizer: Authorizer | null;
  /** Files it was read from; when one changes, it has to be opened anew. */
  readonly files: readonly string[];
  /** Delay and bound after failed logins. */
  readonly limits: LoginLimits;
  /** Gives back what it holds; it is asked nothing any more. */
  close(): void;
}

/**
 * Authentication and authorization. It opens one state of the settings after the
 * other, and enforces one at a time. Counts of failed logins outlive the states.
 */
export class AccessControl {
  readonly #ports: Omit<LinkPorts, "standIns">;
  readonly #attempts: LoginAttempts;
  #now: AccessState | null = null;

  /** Opens nothing yet. */
  constructor(ports: AccessPorts) {
    const { clock, passwordThreads: threads = 0 } = ports;
    this.#ports = {
      ...ports,
      hashing: new Hashing(clock, threads > 0 ? { threads } : {}),
      known: new KnownLogins(clock),
      openFiles: new Set(),
    };
    this.#attempts = new LoginAttempts(ports.clock, {
      delay: 0,
      maxFailures: 0,
    });
  }

  /** The state in force; null before the first `enforce`. */
  get now(): AccessState | null {
    return this.#now;
  }

  /** Counts of logins that failed, had to wait, were refused. */
  get logins(): LoginCounts {
    return this.#attempts.counts;
  }

  /**
   * Reads all that `settings` name and makes of it what could be enforced.
   * Changes nothing. Rejects with `AccessError`, or as `openRules` does.
   */
  async open(settings: Settings): Promise<AccessState> {
    const { auth, listener, access } = settings;
    const opened: OpenedLink[] = [];
    const close = () => opened.forEach(({ link }) => link.close?.());
    let rules: OpenRules;
    try {
      const standIns = sharedStandIns(this.#ports.folder ?? null);
      const ports = { ...this.#ports, standIns };
      for (const one of auth) {
        opened.push(await openChainLink(one, settings, ports));
      }
      const hasGrants = opened.some(({ mayGrant }) => mayGrant);
      rules = await openRules(settings, await remoteOf(opened), hasGrants);
    } catch (error) {
      close();
      throw error;
    }
    const chain = new Chain({
      links: opened.map(({ link }) => link),
      allowsAnonymous: allowsAnonymous(listener),
      hasAnonymous: listener.some((one) => one.allow_anonymous),
      attempts: this.#attempts,
    });
    return {
      authenticator: chain,
      authorizer: await makeAuthorizer(rules),
      files: [
        ...new Set([...opened.flatMap(({ files }) => files), ...rules.files]),
      ],
      limits: {
        delay: access.login_delay,
        maxFailures: access.max_failures,
      },
      close: () => chain.close(),
    };
  }

  /** Enforces `access`, and closes the state before it. */
  enforce(access: AccessState): void {
    this.#now?.close();
    this.#now = access;
    this.#attempts.limits = access.limits;
  }

  /** Closes what is in force; logins under way are refused. */
  stop(): void {
    this.#now?.close();
    this.#ports.hashing.close();
  }
}

/** Returns the link for its listeners. Rejects with `AccessError`. */
async function openChainLink(
  auth: AuthSettings,
  settings: Settings,
  ports: LinkPorts,
): Promise<OpenedLink> {
  const opened = await openLink(auth, settings, ports).catch((error) => {
    throw accessError(`[[auth]] of type "${auth.type}"`, error);
  });
  const { listener } = auth;
  if (listener.length === 0) return opened;
  return { ...opened, link: linkOfListeners(opened.link, listener) };
}

/** Returns the servers that are asked what clients may do; null without any. */
async function remoteOf(
  opened: readonly OpenedLink[],
): Promise<RemoteAccess | null> {
  const servers = opened.flatMap(({ asked }) => asked ?? []);
  if (servers.length === 0) return null;
  const { HttpAccessChain } = await import("../../security/http/mod.ts");
  return new HttpAccessChain(servers);
}
