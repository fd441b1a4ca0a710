import assert from "node:assert/strict";
import {
  anonymousLink,
  type Link,
  linkOfListeners,
} from "../../src/security/chain/mod.ts";
import type { AuthExchange, Credentials } from "../../src/security/mod.ts";

const exchange: AuthExchange = {
  step: () => ({ kind: "continue", data: new Uint8Array() }),
};

const link: Link = {
  ...anonymousLink,
  begin: () => exchange,
  stillAllows: ({ username }) => username !== "gone",
};

function from(listener: string): Credentials {
  return {
    clientId: "c",
    username: null,
    password: null,
    version: 5,
    listener,
    hostname: "127.0.0.1",
    certificate: null,
    isCertified: false,
  };
}

Deno.test("link of listeners: only who comes by one of them is asked about", async () => {
  const limited = linkOfListeners(link, ["inner", "local"]);
  const kinds = [];
  for (const listener of ["inner", "local", "outer"]) {
    kinds.push((await limited.judge(from(listener))).kind);
  }
  assert.deepEqual(kinds, ["allow", "allow", "ignore"]);
  assert.equal(limited.begin?.("m", from("local")), exchange);
  assert.equal(limited.begin?.("m", from("outer")), null);
});

Deno.test("link of listeners: who has come by another one has to come again", () => {
  const limited = linkOfListeners(link, ["inner"]);
  const stays = (listener: string | undefined, username: string) =>
    limited.stillAllows?.({ clientId: "c", username, listener });
  assert.deepEqual(
    [
      stays("inner", "a"),
      stays("inner", "gone"),
      stays("outer", "a"),
      stays(undefined, "a"),
    ],
    [true, false, false, false],
  );
});
