import { SignJWT } from "jose";
import { makeHash, printHash } from "../../../src/security/passwords/mod.ts";
import type { ConnectOptions } from "../../support/packets.ts";
import type { TestBrokerOptions } from "../../support/test_broker.ts";
import type { WebServer } from "../../support/web_server.ts";

/** What rules say of `a/#`; "none" is a source that brings no rules. */
export type Say = "none" | "allow" | "deny" | "error";

/** Settings, with one listener. */
export type CellSettings = Omit<
  TestBrokerOptions,
  "authenticator" | "authorizer"
>;

/** Where one cell of the table finds its files and servers. */
export interface Place {
  readonly folder: string;
  readonly server: WebServer;
}

/** One way by which a client becomes known. */
export interface IdentitySource {
  readonly name: string;
  /** Its settings, but for rules. */
  settings(place: Place): CellSettings | Promise<CellSettings>;
  /** What the client says in CONNECT; `acl` is what its token grants. */
  login(
    acl: unknown,
  ): Partial<ConnectOptions> | Promise<Partial<ConnectOptions>>;
  /** Whether it proves itself by SCRAM. */
  readonly isScram?: boolean;
  /** Whether a proxy tells the name that is in its certificate. */
  readonly isProxied?: boolean;
}

const NAMED = { username: "ann", password: "S3CRET" };
const SECRET = "0123456789abcdef0123456789abcdef";
const closed = { listener: { allow_anonymous: false } };

/** One each: another hash would send off clients at a reload. */
const HASHES = {
  sha512: await hashOf("sha512"),
  scram: await hashOf("scram-sha-256"),
};

async function hashOf(kind: "sha512" | "scram-sha-256"): Promise<string> {
  const password = new TextEncoder().encode(NAMED.password);
  return printHash(await makeHash(password, kind));
}

/** Writes a password file, for ann or for no user at all. */
async function passwordFile(path: string, hash = ""): Promise<string> {
  const text = hash === "" ? "" : `ann:${hash}\n`;
  await Deno.writeTextFile(path, text, { mode: 0o600 });
  return path;
}

const user = [{ name: NAMED.username, password: NAMED.password }];

/** A token by `secret`, with the claim `acl` unless it is undefined. */
async function tokenOf(acl: unknown, secret: string): Promise<string> {
  return await new SignJWT({ sub: "ann", ...acl === undefined ? {} : { acl } })
    .setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(secret));
}

const jwt = (name: string, secrets: readonly string[]): IdentitySource => ({
  name,
  settings: () => ({
    ...closed,
    auth: secrets.map((key) => ({ type: "jwt", key })),
  }),
  login: async (acl) => ({
    username: "ann",
    password: await tokenOf(acl, secrets.at(-1)!),
  }),
});

const http = (preset: "dunlin" | "mosquitto-go-auth"): IdentitySource => ({
  name: `http ${preset}`,
  settings: ({ server }) => ({
    ...closed,
    auth: [{ type: "http", url: `${server.url}/login`, preset, cache: 0 }],
  }),
  login: () => NAMED,
});

/** All of them. */
export const IDENTITIES: readonly IdentitySource[] = [
  {
    name: "allow_anonymous",
    settings: () => ({ listener: { allow_anonymous: true } }),
    login: () => ({}),
  },
  {
    name: "anonymous",
    settings: () => ({ ...closed, auth: [{ type: "anonymous" }] }),
    login: () => ({}),
  },
  {
    name: "users",
    settings: () => ({ ...closed, auth: [{ type: "users" }], user }),
    login: () => NAMED,
  },
  {
    name: "password-file",
    settings: async ({ folder }) => ({
      ...closed,
      auth: [{
        type: "password-file",
        file: await passwordFile(`${folder}/passwd`, HASHES.sha512),
      }],
    }),
    login: () => NAMED,
  },
  {
    name: "scram",
    settings: () => ({ ...closed, auth: [{ type: "scram" }], user }),
    login: () => NAMED,
    isScram: true,
  },
  {
    name: "second scram",
    settings: async ({ folder }) => ({
      ...closed,
      auth: [
        { type: "scram", file: await passwordFile(`${folder}/none`) },
        {
          type: "scram",
          file: await passwordFile(`${folder}/passwd`, HASHES.scram),
        },
      ],
    }),
    login: () => NAMED,
    isScram: true,
  },
  {
    name: "certificate told by a proxy",
    settings: () => ({
      listener: {
        allow_anonymous: false,
        proxy_protocol: true,
        trusted_proxies: ["127.0.0.1"],
        proxy_username: true,
      },
      auth: [{ type: "client-certificate" }],
    }),
    login: () => ({}),
    isProxied: true,
  },
  jwt("jwt", [SECRET]),
  jwt("second jwt", [SECRET.toUpperCase(), SECRET]),
  http("dunlin"),
  http("mosquitto-go-auth"),
];

/** One way by which rules about a client come. */
export interface RuleSource {
  readonly name: string;
  /** Whether clients of this source can have such rules. */
  isFor(source: IdentitySource): boolean;
  /** Whether a reload can bring others to a client that is connected. */
  readonly isReloaded: boolean;
  /** Adds the rules to `settings`. */
  settings(
    settings: CellSettings,
    say: Say,
    place: Place,
  ): CellSettings | Promise<CellSettings>;
  /** What `acl` of a token or an answer is; undefined without one. */
  acl?(say: Say): unknown;
  /** What a wrong source does: no start, no login, or nothing allowed. */
  readonly onError: "no reload" | "no login" | "deny";
}

const GRANTS = {
  none: undefined,
  allow: { publish: ["a/#"], subscribe: ["a/#"] },
  deny: { publish: ["b/#"], subscribe: ["b/#"] },
  error: { publish: ["a/#/b"] },
};

/** All of them. */
export const RULES: readonly RuleSource[] = [
  {
    name: "acl",
    isFor: () => true,
    isReloaded: true,
    settings: (settings, say) => ({
      ...settings,
      acl: say === "none"
        ? []
        : [{ topic: ["a/#"], permission: say === "allow" ? say : "deny" }],
    }),
    onError: "deny",
  },
  {
    name: "acl_file",
    isFor: () => true,
    isReloaded: true,
    async settings(settings, say, { folder }) {
      if (say === "none") return settings;
      const file = `${folder}/${say}.acl`;
      const text = { allow: "topic a/#", deny: "topic deny a/#", error: "top" };
      // Anonymous clients have lines of their own, before the first user.
      const line = text[say];
      await Deno.writeTextFile(file, `${line}\nuser ann\n${line}\n`);
      return { ...settings, access: { acl_file: [file] } };
    },
    onError: "no reload",
  },
  {
    name: "acl of the token",
    isFor: ({ name }) => name.includes("jwt"),
    isReloaded: false,
    settings: (settings) => ({
      ...settings,
      auth: settings.auth!.map((one) => ({ ...one, acl_claim: "acl" })),
    }),
    acl: (say) => say === "none" ? {} : GRANTS[say],
    onError: "no login",
  },
  {
    name: "acl of the answer",
    isFor: ({ name }) => name === "http dunlin",
    isReloaded: false,
    settings: (settings) => settings,
    acl: (say) => GRANTS[say],
    onError: "no login",
  },
  {
    name: "acl_url",
    isFor: ({ name }) => name.startsWith("http"),
    isReloaded: false,
    settings: (settings, say, { server }) => ({
      ...settings,
      auth: settings.auth!.map((one) => ({
        ...one,
        acl_url: say === "none" ? "" : `${server.url}/${say}`,
      })),
    }),
    onError: "deny",
  },
];
