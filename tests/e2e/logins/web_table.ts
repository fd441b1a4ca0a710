import { type WebCall, WebServer } from "../../support/web_server.ts";
import type { LoginCell, LoginTable } from "./table.ts";

/** Knows bob; by other names it is asked for other answers. */
function answer({ body }: WebCall): Response {
  const { username, password, password_base64 } = JSON.parse(body);
  if (username === "bytes" && password_base64 === "/wD+") {
    return Response.json({ result: "allow" });
  }
  switch (username) {
    case "none":
      return Response.json({ result: "ignore" });
    case "gone":
      return new Response("", { status: 403 });
  }
  const isBob = username === "bob" && password === "gehäim:1";
  return Response.json({ result: isBob ? "allow" : "deny" });
}

const cells: readonly (readonly [
  kind: LoginCell["kind"],
  name: string,
  login: { username?: string; password?: string },
  code: LoginCell["code"],
])[] = [
  ["right", "name and password", { username: "bob", password: "gehäim:1" }, 0],
  ["wrong", "password", { username: "bob", password: "geheim:1" }, 0x86],
  ["wrong", "user", { username: "eve", password: "gehäim:1" }, 0x86],
  ["wrong", "user left to others", { username: "none", password: "x" }, 0x86],
  ["wrong", "user by status", { username: "gone", password: "x" }, 0x86],
  ["absent", "password", { username: "bob" }, 0x86],
  ["absent", "both", {}, 0x87],
  ["malformed", "empty user", { username: "", password: "x" }, 0x86],
  [
    "malformed",
    "longest password",
    { username: "bob", password: "x".repeat(65_535) },
    0x86,
  ],
];

/** Clients that a web server knows. */
export const http: LoginTable = {
  type: "http",
  prepare() {
    const server = new WebServer(answer);
    return Promise.resolve({
      auth: `url = "${server.url}/login"\ncache = 0\n`,
      close: () => server[Symbol.asyncDispose](),
    });
  },
  cells: [
    ...cells.map(([kind, name, login, code]): LoginCell => ({
      kind,
      name,
      login,
      code,
    })),
    {
      kind: "right",
      name: "password that is no text",
      login: { username: "bytes", password: Uint8Array.of(0xff, 0, 0xfe) },
      code: 0,
      isOnlyMqttJs: true,
    },
  ],
};
