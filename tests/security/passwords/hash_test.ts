import assert from "node:assert/strict";
import { pbkdf2Sync } from "node:crypto";
import fc from "fast-check";
import {
  looksLikeHash,
  makeHash,
  matches,
  parseHash,
  printHash,
} from "../../../src/security/passwords/mod.ts";

function bytes(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

/** Hashes that other programs have made, and the password of each. */
const known: readonly (readonly [who: string, hash: string, of: string])[] = [
  [
    "mosquitto_passwd 2.0",
    "$7$101$DplDhVqpooo1VwMY$jiWAKXobs4+WC4NwG53+x8TNkKT4XIgyQ6ORTkVADkFT5bQjKLfefjwVgHWPQ9Ar2H8/vp55462rgAEFISvgiA==",
    "secret",
  ],
  [
    "mosquitto_passwd -H sha512",
    "$6$jgc9RSZb4PxPrcuM$+5Bvgsi5/5bciD8Zglw0Nt9uMZDzFfpEErCO/v530/7TWclCEPkHog5jOmbDDbBrTFl1jqnuxHyIvVwcC0SgJQ==",
    "secret",
  ],
  [
    "mosquitto-go-auth, as hashlib of Python makes it",
    "PBKDF2$sha512$1000$MDEyMzQ1Njc4OWFiY2RlZg==$vgFvU7zWIDgDAUi7d8ayt+cfRiPWVVWfv8iQRsGZaZviWzsSNgWYXEE5PmvI/VELMsOmEbqLz0PKuePNjOk41A==",
    "secret",
  ],
  [
    "mosquitto-go-auth with SHA-256, as hashlib of Python makes it",
    "PBKDF2$sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg==$tiKWHy4FAGCWE8gn6GtKhaxD2OeeAUUWXFT/p1aaNl8=",
    "secret",
  ],
  [
    "crypt_blowfish",
    "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
    "U*U",
  ],
  [
    "the reference of Argon2, one lane",
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "password",
  ],
  [
    "the reference of Argon2, two lanes",
    "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
    "password",
  ],
];

for (const [who, text, password] of known) {
  Deno.test(`passwords: a hash of ${who} is read, checked and printed`, async () => {
    const hash = parseHash(text);
    assert.ok(await matches(hash, bytes(password)));
    assert.ok(!await matches(hash, bytes(password + " ")));
    assert.ok(!await matches(hash, bytes("")));
    assert.equal(printHash(hash), text);
    assert.ok(looksLikeHash(text));
  });
}

Deno.test("passwords: SCRAM's keys are those of RFC 7677, 3", async () => {
  // Its StoredKey follows from the proof that stands there; made by hand.
  const salted = pbkdf2Sync(
    "pencil",
    Uint8Array.from(
      atob("W22ZaJ0SNY7soEsUEjb6gQ=="),
      (one) => one.charCodeAt(0),
    ),
    4096,
    32,
    "sha256",
  );
  const key = await crypto.subtle.importKey(
    "raw",
    new Uint8Array(salted),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const sign = async (text: string) =>
    new Uint8Array(await crypto.subtle.sign("HMAC", key, bytes(text)));
  const stored = await crypto.subtle.digest(
    "SHA-256",
    await sign("Client Key"),
  );
  const text = (one: Uint8Array) => btoa(String.fromCharCode(...one));
  const hash = parseHash(
    `$scram-sha-256$4096$W22ZaJ0SNY7soEsUEjb6gQ==$${
      text(new Uint8Array(stored))
    }$${text(await sign("Server Key"))}`,
  );
  assert.ok(await matches(hash, bytes("pencil")));
  assert.ok(!await matches(hash, bytes("pencils")));
});

for (
  const kind of [
    "sha512",
    "pbkdf2-sha512",
    "argon2id",
    "scram-sha-256",
  ] as const
) {
  Deno.test(`passwords: a new ${kind} is of its password alone, with a salt of its own`, async () => {
    const password = bytes("gehäim\u{1f600}");
    const [one, other] = [
      await makeHash(password, kind),
      await makeHash(password, kind),
    ];
    assert.notEqual(printHash(one), printHash(other));
    const read = parseHash(printHash(one));
    assert.deepEqual(read, one);
    assert.ok(await matches(read, password));
    assert.ok(!await matches(read, bytes("gehäim")));
    assert.ok(!await matches(read, bytes("")));
  });
}

const broken: readonly (readonly [string, RegExp])[] = [
  ["", /no hash/],
  ["secret", /no hash/],
  ["$", /no hash of a known kind/],
  ["$2b$12$abc", /cut short/],
  [`$2b$17$${"a".repeat(53)}`, /its cost is not between 4 and 16/],
  ["PBKDF2$md5$1$YWI=$YWI=", /neither of sha256 nor of sha512/],
  ["PBKDF2$sha512$0$YWI=$YWI=", /number of iterations is not between/],
  ["$argon2d$v=19", /\$argon2d\$ is not known here/],
  ["$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65", /not known here/],
  ["$6$c29t", /cut short/],
  ["$6$c29t$c29t", /cut short/],
  ["$6$c29t$c2 9t", /no Base64/],
  ["$6$$c29t", /no Base64/],
  ["$7$0$c29t$c29t", /iterations is not between 1 and/],
  ["$7$99999999$c29t$c29t", /iterations is not between 1 and/],
  ["$7$1e3$c29t$c29t", /iterations/],
  ["$7$101$c29t", /cut short/],
  ["$argon2id$v=16$m=256,t=2,p=1$c29tZXNhbHQ$nf65", /version 19/],
  ["$argon2id$v=19$m=7,t=2,p=1$c29tZXNhbHQ$nf65", /m is not between 8/],
  ["$argon2id$v=19$m=9999999,t=2,p=1$c29tZXNhbHQ$nf65", /m is not between/],
  ["$argon2id$v=19$m=256,t=0,p=1$c29tZXNhbHQ$nf65", /t is not between/],
  ["$argon2id$v=19$m=256,t=2,p=65$c29tZXNhbHQ$nf65", /p is not between/],
  ["$argon2id$v=19$m=1048576,t=5,p=1$c29tZXNhbHQ$nf65", /too long: m times/],
  ["$argon2id$v=19$t=2,m=256,p=1$c29tZXNhbHQ$nf65", /cost/],
  ["$argon2id$v=19$m=256,t=2,p=1$c29t$nf65", /cut short/],
  ["$scram-sha-256$1000$c29t$c29t$c29t", /iterations/],
  ["$7$101$YWI=$YWI", /cut short, or longer/],
  ["$7$101$YWJ=$YWI=", /its last letter is wrong/],
  ["$7$101$YWI==$YWI=", /its Base64 is cut short/],
  ["$7$101$Y===$YWI=", /no Base64/],
  ["$scram-sha-256$4096$YWJ=$YWI=$YWI=", /its last letter is wrong/],
  ["$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHR$nf65", /its last letter is wrong/],
  [`$2b$05$${"C".repeat(21)}/${"C".repeat(31)}`, /the last letter of its salt/],
  [
    `$2b$05$${"C".repeat(21)}.${"C".repeat(30)}D`,
    /the last letter of its salt/,
  ],
];
for (const [text, told] of broken) {
  Deno.test(`passwords: "${text}" is no hash`, () => {
    assert.throws(() => parseHash(text), (error) => {
      assert.ok(error instanceof RangeError);
      assert.match(error.message, told);
      // Whoever mistook the password for a hash must not find it in the log.
      assert.ok(text === "" || !error.message.includes(text));
      return true;
    });
  });
}

Deno.test("passwords: whatever a line holds, it is a hash or it is told", () => {
  const piece = fc.constantFrom(
    "$",
    "6",
    "7",
    "argon2id",
    "v=19",
    "m=256,t=2,p=1",
    "101",
    "c29tZXNhbHQ",
    "=",
    "ü",
  );
  fc.assert(fc.property(fc.array(piece), (pieces) => {
    try {
      assert.equal(typeof printHash(parseHash(pieces.join(""))), "string");
    } catch (error) {
      assert.ok(error instanceof RangeError, String(error));
    }
  }));
});
