import assert from "node:assert/strict";
import fc from "fast-check";
import { decodeBareBase64, decodeBase64 } from "../../src/security/base64.ts";

Deno.test("base64: each value has one text", () => {
  const letters = [..."AQgw+/-_bc2=", " ", "\n"].map((one) => fc.constant(one));
  const texts = fc.array(fc.oneof(...letters), { maxLength: 9 })
    .map((all) => all.join(""));
  fc.assert(fc.property(texts, (text) => {
    for (const alphabet of ["base64", "base64url"] as const) {
      const padded = decodeBase64(text, alphabet);
      if (padded !== null) assert.equal(padded.toBase64({ alphabet }), text);
      const bare = decodeBareBase64(text, alphabet);
      if (bare === null) continue;
      assert.equal(bare.toBase64({ alphabet, omitPadding: true }), text);
    }
  }));
  fc.assert(fc.property(fc.uint8Array({ maxLength: 9 }), (bytes) => {
    for (const alphabet of ["base64", "base64url"] as const) {
      const text = bytes.toBase64({ alphabet });
      assert.deepEqual(decodeBase64(text, alphabet), bytes);
      const bare = text.replace(/=+$/, "");
      assert.deepEqual(decodeBareBase64(bare, alphabet), bytes);
    }
  }));
});
