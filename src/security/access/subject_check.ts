import { Networks } from "../../network/mod.ts";
import type { Identity } from "../authenticator.ts";
import type { RuleSubject } from "./rule.ts";

/** One thing that a rule says of clients. */
interface Condition {
  /** As a phrase behind "it applies to". */
  readonly text: string;
  readonly fits: (client: Client) => boolean;
}

/** A client, with all groups it is in. */
export interface Client {
  /** Its identity. */
  readonly identity: Identity;
  /** Groups from the settings and from its authenticator. */
  readonly groups: ReadonlySet<string>;
  /** Its address as `parseAddress` gives it; null if unknown. */
  readonly address: Uint8Array | null;
}

/** Tests whether a rule applies to a client. */
export class SubjectCheck {
  readonly #conditions: readonly Condition[];

  /** @throws {RangeError} for a network that is none. */
  constructor(subject: RuleSubject) {
    this.#conditions = [...names(subject), ...origins(subject)];
  }

  /** Returns whether all of it fits. */
  fits(client: Client): boolean {
    for (const condition of this.#conditions) {
      if (!condition.fits(client)) return false;
    }
    return true;
  }

  /**
   * Returns the first that does not fit, as a phrase; null when all of it does.
   */
  misfit(client: Client): string | null {
    return this.#conditions.find((one) => !one.fits(client))?.text ?? null;
  }
}

function* names(subject: RuleSubject): Iterable<Condition> {
  const { users, groups, clientIds, anonymous, plainNames } = subject;
  if (plainNames) {
    yield {
      text: "clients without +, # and / in user name and client id",
      fits: ({ identity: { username, clientId } }) =>
        !/[+#/]/.test(`${username ?? ""}${clientId}`),
    };
  }
  if (anonymous) {
    yield {
      text: "clients without a user name",
      fits: ({ identity }) => identity.username === null,
    };
  }
  if (users.length > 0) {
    yield listed("user", users, ({ identity }) => [identity.username]);
  }
  if (groups.length > 0) {
    yield listed("group", groups, (client) => client.groups);
  }
  if (clientIds.length > 0) {
    yield listed("client id", clientIds, ({ identity }) => [identity.clientId]);
  }
}

function* origins(subject: RuleSubject): Iterable<Condition> {
  if (subject.listeners.length > 0) {
    yield listed(
      "listener",
      subject.listeners,
      ({ identity }) => [identity.listener],
    );
  }
  if (subject.networks.length > 0) {
    const networks = new Networks(subject.networks);
    yield {
      text: phrase("network", subject.networks),
      fits: ({ address }) => networks.hasBytes(address),
    };
  }
  if (subject.commonNames.length > 0) {
    yield listed(
      "certificates of",
      subject.commonNames,
      ({ identity }) => [identity.certificate?.commonName],
    );
  }
  if (subject.alternativeNames.length > 0) {
    yield listed(
      "certificates for",
      subject.alternativeNames,
      (
        { identity: { certificate } },
      ) => [...certificate?.dnsNames ?? [], ...certificate?.emails ?? []],
    );
  }
  if (subject.issuers.length > 0) {
    yield listed(
      "certificates issued by",
      subject.issuers,
      ({ identity }) => [identity.certificate?.issuer],
    );
  }
  if (subject.fingerprints.length > 0) {
    yield listed(
      "the certificate",
      subject.fingerprints.map((one) => one.replaceAll(":", "").toLowerCase()),
      ({ identity }) => [identity.certificate?.fingerprint],
    );
  }
}

/** Something of the client has to be one of `wanted`. */
function listed(
  what: string,
  wanted: readonly string[],
  have: (client: Client) => Iterable<string | null | undefined>,
): Condition {
  const set: ReadonlySet<string | null | undefined> = new Set(wanted);
  return {
    text: phrase(what, wanted),
    fits(client) {
      for (const one of have(client)) if (set.has(one)) return true;
      return false;
    },
  };
}

function phrase(what: string, wanted: readonly string[]): string {
  const rest = wanted.length - 3;
  return `${what} ${wanted.slice(0, 3).join(", ")}` +
    (rest > 0 ? ` and ${rest} more` : "");
}
