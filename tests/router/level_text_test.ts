import assert from "node:assert/strict";
import fc from "fast-check";
import { levelText } from "../../src/router/levels/level_text.ts";

Deno.test("a level to be kept is the part of the text", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary", maxLength: 400 }),
    fc.string({ maxLength: 400 }),
    fc.string({ unit: fc.constantFrom("é", "ÿ", "Ā", "a", "😀") }),
  );
  fc.assert(fc.property(texts, fc.nat(400), fc.nat(400), (text, a, b) => {
    const start = Math.min(a, b, text.length);
    const end = Math.min(Math.max(a, b), text.length);
    for (let i = 0; i < 2; i++) {
      assert.equal(levelText(text, start, end), text.slice(start, end));
    }
  }));
});
