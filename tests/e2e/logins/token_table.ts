import { SignJWT } from "jose";
import type { LoginCell, LoginTable } from "./table.ts";

const SECRET = "the secret that signs what these tests show";

interface Token {
  readonly claims?: Record<string, unknown>;
  readonly secret?: string;
  readonly alg?: string;
}

/** A login by a token that is right but for what is said of it. */
function by({ claims = {}, secret = SECRET, alg = "HS256" }: Token) {
  return async () => {
    const now = Math.floor(Date.now() / 1000);
    const all = { sub: "bob", iss: "me", aud: "mqtt", exp: now + 3600 };
    const password = await new SignJWT({ ...all, ...claims })
      .setProtectedHeader({ alg })
      .sign(new TextEncoder().encode(secret));
    return { username: "any", password };
  };
}

/** Three parts in base64url, whatever they say. */
function parts(header: unknown, claims: unknown, signature: string): string {
  const encoded = [header, claims].map((one) =>
    btoa(JSON.stringify(one)).replace(/=+$/, "")
  );
  return [...encoded, signature].join(".");
}

const wrong: readonly (readonly [name: string, Token, LoginCell["code"]])[] = [
  ["secret", { secret: SECRET.toUpperCase() }, 0x86],
  ["algorithm", { alg: "HS512" }, 0x86],
  ["issuer", { claims: { iss: "you" } }, 0x86],
  ["audience", { claims: { aud: "web" } }, 0x87],
  ["time: expired", { claims: { exp: 1 } }, 0x87],
  ["time: not yet", { claims: { nbf: 1e10 } }, 0x87],
  ["name: empty", { claims: { sub: "" } }, 0x87],
];

const absent = ["sub", "iss", "aud"].map((name) =>
  [`claim ${name}`, name === "iss" ? 0x86 : 0x87, {
    claims: { [name]: undefined },
  }] as const
);

const malformed: readonly (readonly [string, string, LoginCell["code"]])[] = [
  ["password that is no token", "pencil", 0x86],
  ["token of dots", "..", 0x86],
  [
    "token without a signature",
    parts({ alg: "none" }, { sub: "bob" }, ""),
    0x87,
  ],
  ["signature of nothing", parts({ alg: "HS256" }, { sub: "bob" }, ""), 0x86],
  ["header that is a list", parts([], {}, "AAAA"), 0x86],
  ["token that is too long", `e30.e30.${"A".repeat(20_000)}`, 0x86],
];

/** Clients that have a token for a password. */
export const jwt: LoginTable = {
  type: "jwt",
  prepare: () =>
    Promise.resolve({
      auth: `key = "${SECRET}"
algorithms = ["HS256"]
issuer = "me"
audience = ["mqtt"]
`,
    }),
  cells: [
    { kind: "right", name: "token", login: by({}), code: 0 },
    {
      kind: "right",
      name: "token without an end",
      login: by({ claims: { exp: undefined } }),
      code: 0,
    },
    ...wrong.map(([name, token, code]): LoginCell => ({
      kind: "wrong",
      name,
      login: by(token),
      code,
    })),
    ...absent.map(([name, code, token]): LoginCell => ({
      kind: "absent",
      name,
      login: by(token),
      code,
    })),
    { kind: "absent", name: "token", login: { username: "bob" }, code: 0x86 },
    { kind: "absent", name: "all", login: {}, code: 0x87 },
    ...malformed.map(([name, password, code]): LoginCell => ({
      kind: "malformed",
      name,
      login: { username: "bob", password },
      code,
    })),
  ],
};
