import { Buffer } from "node:buffer";
import type { Credentials, Identity, TopicGrants } from "../authenticator.ts";
import type { AccessQuestion } from "../authorizer.ts";
import { readGrants } from "../read_grants.ts";
import {
  AnswerError,
  type Preset,
  refusedBy,
  textOf,
  type WebIdentity,
  type WebVerdict,
} from "./preset.ts";
import type { WebAnswer } from "./request.ts";

/** Longest name that a server may give (characters). */
const LONGEST = 65_535;

/**
 * The preset of Dunlin. A request has all known facts as JSON. The answer is
 * `{"result": "allow" | "deny" | "ignore"}` with status 200. `allow` may come with
 * `username`, `groups`, `acl` and `expires_at`; the others with `reason`.
 */
export const dunlinPreset: Preset = {
  mayGrant: true,
  login(credentials: Credentials) {
    const { password, certificate, clientId, username } = credentials;
    const text = textOf(password);
    return {
      client_id: clientId,
      username,
      password: text,
      // MQTT lets it be any bytes; JSON has only text.
      ...(password !== null && text === null
        ? { password_base64: Buffer.from(password).toString("base64") }
        : {}),
      listener: credentials.listener,
      address: credentials.hostname,
      version: credentials.version,
      certificate: certificate === null ? null : {
        common_name: certificate.commonName,
        subject: certificate.subject,
        issuer: certificate.issuer,
        fingerprint: certificate.fingerprint,
      },
    };
  },
  superuser: whoIs,
  access: (identity, { action, topic, qos, retain }: AccessQuestion) => ({
    ...whoIs(identity),
    action,
    topic,
    qos,
    retain,
  }),
  read({ status, text }: WebAnswer): WebVerdict {
    const refusal = refusedBy(status);
    if (refusal !== null) return refusal;
    const said = objectOf(text);
    const why = typeof said.reason === "string"
      ? said.reason.slice(0, 200)
      : said.result === "ignore"
      ? "the server leaves it open"
      : "the server rejects it";
    switch (said.result) {
      case "allow":
        return { kind: "allow", found: foundIn(said) };
      case "deny":
      case "ignore":
        return { kind: said.result, why };
    }
    throw new AnswerError(
      `the server's answer has no result "allow", "deny" or "ignore"`,
    );
  },
};

function whoIs(identity: Identity) {
  const { clientId, username, listener = null, hostname = null } = identity;
  return {
    client_id: clientId,
    username,
    groups: identity.groups ?? [],
    listener,
    address: hostname,
  };
}

function objectOf(text: string): Record<string, unknown> {
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said === "object" && said !== null) {
      return said as Record<string, unknown>;
    }
  } catch { /* told below */ }
  throw new AnswerError("the server's answer is not a JSON object");
}

function foundIn(said: Record<string, unknown>): WebIdentity {
  const { username, groups, acl, expires_at: end } = said;
  const wrong = (what: string, kind: string): never => {
    throw new AnswerError(
      `the server's answer has ${what}, but not as ${kind}`,
    );
  };
  if (username !== undefined && !isName(username)) {
    wrong("username", "a user name");
  }
  const isList = Array.isArray(groups) && groups.every(isName);
  if (groups !== undefined && !isList) wrong("groups", "a list of names");
  if (end !== undefined && !Number.isFinite(end)) {
    wrong("expires_at", "seconds since 1970");
  }
  return {
    ...(username === undefined ? {} : { username: username as string }),
    ...(groups === undefined ? {} : { groups: groups as string[] }),
    ...(acl === undefined ? {} : { grants: grantsIn(acl) }),
    ...(end === undefined ? {} : { expiresAt: (end as number) * 1000 }),
  };
}

function isName(value: unknown): value is string {
  return typeof value === "string" && value !== "" &&
    value.length <= LONGEST && value.isWellFormed() && !value.includes("\0");
}

function grantsIn(acl: unknown): TopicGrants {
  try {
    return readGrants(acl, "answer of the server");
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new AnswerError(
      `the server's answer has an acl that ${error.message}`,
    );
  }
}
