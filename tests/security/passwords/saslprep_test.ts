import assert from "node:assert/strict";
import { saslPrep } from "../../../src/security/passwords/mod.ts";

// RFC 4013: the examples of section 3 and one of each kind beside.

const PREPARED: readonly [given: string, prepared: string][] = [
  ["I\u00adX", "IX"],
  ["user", "user"],
  ["USER", "USER"],
  ["\u00aa", "a"],
  ["\u2168", "IX"],
  ["a\u00a0b\u3000c", "a b c"],
  ["Zu\u0308rich", "Z\u00fcrich"],
  ["\ufeffname\u200d", "name"],
  ["\u0627\u0031\u0628", "\u0627\u0031\u0628"],
  ["\u05d0\u05d1", "\u05d0\u05d1"],
  ["пароль", "пароль"],
  ["密码🔑", "密码🔑"],
  ["", ""],
];

for (const [given, prepared] of PREPARED) {
  Deno.test(`saslprep: ${JSON.stringify(given)} is prepared`, () => {
    assert.equal(saslPrep(given), prepared);
    assert.equal(saslPrep(prepared), prepared);
  });
}

const REFUSED: readonly string[] = [
  "\u0007",
  "a\nb",
  "\u0627\u0031",
  "\u0627a\u0628",
  "a\u05d0",
  "x\u202ey",
  "\ue000",
  "\ufffe",
  "\ud800",
  "\ufffd",
  "\u{e0041}",
  "\u{50000}",
];

for (const given of REFUSED) {
  const shown = JSON.stringify(given);
  Deno.test(`saslprep: ${shown} is refused, and told why`, () => {
    assert.throws(() => saslPrep(given), RangeError);
  });
}
