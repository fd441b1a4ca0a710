import { createHash } from "node:crypto";
import { ReasonCode } from "../../mqtt/mod.ts";
import type {
  Authenticator,
  AuthExchange,
  AuthOutcome,
  Credentials,
  Identity,
} from "../authenticator.ts";
import { GatedExchange } from "./gated_exchange.ts";
import type { Link, Verdict } from "./link.ts";
import type { LoginAttempts } from "./login_attempts.ts";
import { hasNoCredentials, identityOf } from "../identity.ts";

/** `Identity.link` of clients that a listener accepts without asking. */
const UNASKED = "allow_anonymous";

/** Parts of a chain. */
export interface ChainParts {
  /** Asked in this order. */
  readonly links: readonly Link[];
  /** Returns whether a listener allows anonymous clients. */
  readonly allowsAnonymous: (listener: string) => boolean;
  /** True if at least one listener allows anonymous clients. */
  readonly hasAnonymous: boolean;
  /** Slows down those who guess. */
  readonly attempts: LoginAttempts;
}

/** A link and its verdict. */
export interface ChainStep {
  /** The link's name. */
  readonly link: string;
  /** Its verdict. */
  readonly verdict: Verdict;
}

/**
 * Asks one link after the other until one accepts the client or refuses it. A
 * client that no link knows is refused, unless its listener allows anonymous
 * clients. Then a user name keeps it out only where a link could have proved it,
 * and counts for nothing elsewhere: Mosquitto's rules, too, with settings for
 * each listener.
 */
export class Chain implements Authenticator {
  readonly #parts: ChainParts;

  /** Closes its links when it is closed, but not `attempts`. */
  constructor(parts: ChainParts) {
    this.#parts = parts;
  }

  async authenticate(credentials: Credentials): Promise<AuthOutcome> {
    const ask = () => this.#ask(credentials);
    // Without credentials there is nothing that could be guessed.
    if (hasNoCredentials(credentials)) return await ask();
    const { username, hostname } = credentials;
    return await this.#parts.attempts.judge(username, hostname, ask);
  }

  begin(method: string, credentials: Credentials): AuthExchange | null {
    const { links, attempts } = this.#parts;
    const begun = links.flatMap((link) => {
      const exchange = link.begin?.(method, credentials) ?? null;
      return exchange === null ? [] : [{ link: link.name, exchange }];
    });
    return begun.length === 0
      ? null
      : new GatedExchange(begun, credentials, attempts);
  }

  stillAllows(identity: Identity): boolean {
    const { links, allowsAnonymous } = this.#parts;
    if (identity.link === UNASKED) {
      const { listener } = identity;
      return listener !== undefined && allowsAnonymous(listener);
    }
    // Links of one type may share a name; `proof` says which of them it was.
    return links.some((link) =>
      link.name === identity.link && (link.stillAllows?.(identity) ?? true)
    );
  }

  /**
   * Returns what each link says of a client, up to the one that decides. Counts
   * as no login: it serves `dunlin explain`.
   */
  async trace(credentials: Credentials): Promise<ChainStep[]> {
    const steps: ChainStep[] = [];
    for (const { name, verdict } of await this.#walk(credentials)) {
      steps.push({ link: name, verdict });
    }
    return steps;
  }

  knows(username: string | null): boolean {
    const { links, hasAnonymous } = this.#parts;
    return (username === null && hasAnonymous) ||
      links.some((link) => link.knows?.(username) ?? true);
  }

  /** Returns whether any link judges clients of this listener. */
  judges(listener: string): boolean {
    return this.#parts.links.some(({ listeners }) =>
      listeners?.includes(listener) ?? true
    );
  }

  /** Names of its links, in order. */
  get links(): readonly string[] {
    return this.#parts.links.map(({ name }) => name);
  }

  /** Closes its links. */
  close(): void {
    for (const link of this.#parts.links) link.close?.();
  }

  async #ask(credentials: Credentials): Promise<AuthOutcome> {
    const steps = await this.#walk(credentials);
    const last = steps.at(-1);
    if (last?.verdict.kind === "allow") {
      const { identity } = last.verdict;
      return { kind: "allow", identity: { ...identity, link: last.name } };
    }
    if (last?.verdict.kind !== "deny" && this.#entersUnasked(credentials)) {
      // A user name that nothing proved must not get what the user may do.
      const username = credentials.isCertified ? credentials.username : null;
      return {
        kind: "allow",
        identity: identityOf(credentials, { link: UNASKED, username }),
      };
    }
    const { reasonCode, why } = last?.verdict.kind === "deny"
      ? last.verdict
      : this.#unknown(credentials, steps);
    await dummyVerification(credentials, steps);
    return { kind: "deny", reasonCode, why };
  }

  /** Returns all verdicts up to the first that decides. */
  async #walk(credentials: Credentials): Promise<NamedVerdict[]> {
    const steps: NamedVerdict[] = [];
    for (const link of this.#parts.links) {
      const verdict = await link.judge(credentials);
      steps.push({ name: link.name, verdict });
      if (verdict.kind !== "ignore") break;
    }
    return steps;
  }

  /**
   * A certificate that gives the name is more than no name, and must not count
   * for less.
   */
  #entersUnasked({ username, isCertified, listener }: Credentials): boolean {
    return this.#parts.allowsAnonymous(listener) &&
      (username === null || isCertified || !this.judges(listener));
  }

  /** Returns the end of the chain: no link knew the client. */
  #unknown(
    credentials: Credentials,
    steps: readonly NamedVerdict[],
  ): { reasonCode: ReasonCode; why: string } {
    const { listener } = credentials;
    const said = steps.map(({ name, verdict }) =>
      verdict.kind === "ignore" ? `${name}: ${verdict.why}` : name
    );
    if (!this.judges(listener)) {
      said.splice(0, said.length, `no [[auth]] is for listener ${listener}`);
    }
    said.push(
      this.#parts.allowsAnonymous(listener)
        ? "allow_anonymous is for clients without a user name"
        : "allow_anonymous is false",
    );
    return {
      // 3.x calls it "bad user name or password", which fits no client
      // without them.
      reasonCode: hasNoCredentials(credentials)
        ? ReasonCode.NotAuthorized
        : ReasonCode.BadUserNameOrPassword,
      why: said.join("; "),
    };
  }
}

/** A verdict, and whose it is. */
interface NamedVerdict {
  readonly name: string;
  readonly verdict: Verdict;
}

/**
 * A wrong password costs one hash; a name that no link knows has to cost one,
 * too, however many links there are that could have known it. Which of them
 * stands in is always the same for a name: where their hashes take each their
 * time, no link's users shall stand out among the names that are none.
 */
async function dummyVerification(
  { username }: Credentials,
  steps: readonly NamedVerdict[],
): Promise<void> {
  const last = steps.at(-1)?.verdict;
  if (last?.kind === "deny" && last.isDisguised) return;
  const disguises = steps.flatMap(({ verdict }) =>
    verdict.kind === "ignore" ? verdict.dummyVerification ?? [] : []
  );
  if (disguises.length === 0) return;
  const digest = createHash("sha256").update(`${username}`).digest();
  await disguises[digest.readUInt32LE(4) % disguises.length]();
}
