import assert from "node:assert/strict";
import { join } from "node:path";
import {
  changeList,
  enforceList,
  ListError,
  readFingerprint,
  readList,
  rememberPending,
} from "../../src/security/authority/mod.ts";
import type { CertificateEntry } from "../../src/security/authority/mod.ts";

const A = "a".repeat(64);
const B = "b".repeat(64);

const entry: CertificateEntry = {
  name: "sensor-1",
  state: "authorized",
  note: "",
  added: "2026-01-01T00:00:00Z",
  changed: "2026-01-01T00:00:00Z",
  subject: "CN=sensor-1",
  expires: "2027-01-01T00:00:00Z",
};

/** A list's file in a folder of its own. */
class Place implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "dunlin-list-" });
  readonly path = join(this.folder, "authority/certificates.json");

  /** Puts `text` where the list belongs. */
  async write(text: string): Promise<void> {
    await Deno.mkdir(join(this.folder, "authority"), { recursive: true });
    await Deno.writeTextFile(this.path, text);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("certificate list: none is an empty one; what was changed is read again", async () => {
  await using place = new Place();
  assert.equal((await readList(place.path)).size, 0);
  const answer = await changeList(place.path, (list) => {
    list.set(A, entry);
    list.set(B, { ...entry, state: "revoked", expires: null });
    return "done";
  });
  assert.equal(answer, "done");
  assert.deepEqual([...await readList(place.path)], [
    [A, entry],
    [B, { ...entry, state: "revoked", expires: null }],
  ]);
  assert.equal(Deno.statSync(place.path).mode! & 0o777, 0o600);
});

Deno.test("certificate list: many at once lose no change", async () => {
  await using place = new Place();
  await Promise.all(
    Array.from({ length: 20 }, (_, number) =>
      changeList(place.path, (list) => {
        list.set(number.toString(16).padStart(64, "0"), entry);
      })),
  );
  assert.equal((await readList(place.path)).size, 20);
});

Deno.test("certificate list: without a difference the file is not touched", async () => {
  await using place = new Place();
  await changeList(place.path, (list) => list.set(A, entry));
  const before = Deno.statSync(place.path).ino;
  await changeList(place.path, (list) => list.set(A, { ...entry }));
  assert.equal(Deno.statSync(place.path).ino, before);
});

Deno.test("certificate list: what a change throws leaves the list as it was", async () => {
  await using place = new Place();
  await changeList(place.path, (list) => list.set(A, entry));
  await assert.rejects(
    changeList(place.path, (list) => {
      list.clear();
      throw new RangeError("no");
    }),
    RangeError,
  );
  assert.equal((await readList(place.path)).size, 1);
});

Deno.test("certificate list: one that was there and is missing is refused, by commands and starts", async () => {
  await using place = new Place();
  const isSaid = (error: Error) => {
    assert.ok(error instanceof ListError);
    assert.match(error.message, /is missing, and its revocations with it/);
    return true;
  };
  await changeList(place.path, (list) => list.set(A, entry));
  await Deno.remove(place.path);
  await assert.rejects(readList(place.path), isSaid);
  await assert.rejects(enforceList(place.path, false), isSaid);
  const change = changeList(place.path, (list) => list.set(B, entry));
  await assert.rejects(change, isSaid);
  assert.throws(() => Deno.statSync(place.path), Deno.errors.NotFound);
  // What the message says begins anew.
  await place.write(`{"version":1,"certificates":{}}`);
  await changeList(place.path, (list) => list.set(B, entry));
  assert.equal((await readList(place.path)).size, 1);
});

Deno.test("certificate list: a broker notes that one written by hand exists", async () => {
  await using place = new Place();
  assert.equal((await enforceList(place.path, false)).size, 0);
  await assert.rejects(enforceList(place.path, true), ListError);
  await place.write(`{"version":1,"certificates":{}}`);
  await enforceList(place.path, false);
  await Deno.remove(place.path);
  await assert.rejects(changeList(place.path, () => {}), ListError);
});

const wrong: readonly [what: string, text: string, message: RegExp][] = [
  ["no JSON", "{", /certificates\.json is not JSON/],
  ["no object", "[]", /it must be an object/],
  ["another version", `{"version":2}`, /has version 2; .* knows version 1/],
  ["no version", `{}`, /has version none/],
  ["no certificates", `{"version":1}`, /certificates must be an object/],
  [
    "no fingerprint",
    `{"version":1,"certificates":{"ab":{}}}`,
    /"ab" where the SHA-256 fingerprint/,
  ],
  [
    "an unknown state",
    `{"version":1,"certificates":{"${A}":{"state":"revokd"}}}`,
    /"revokd" for the state of a+: it must be one of authorized, pending, revoked/,
  ],
  [
    "a number for a name",
    `{"version":1,"certificates":{"${A}":{"state":"revoked","name":1}}}`,
    /must have a text for name of a+/,
  ],
];
for (const [what, text, message] of wrong) {
  Deno.test(`certificate list: ${what} is refused, and not written over`, async () => {
    await using place = new Place();
    await place.write(text);
    const isSaid = (error: Error) => {
      assert.ok(error instanceof ListError);
      assert.match(error.message, message);
      return true;
    };
    await assert.rejects(readList(place.path), isSaid);
    await assert.rejects(changeList(place.path, () => {}), isSaid);
    assert.equal(await Deno.readTextFile(place.path), text);
  });
}

Deno.test("certificate list: what people write by hand is understood", async () => {
  await using place = new Place();
  const shown = A.toUpperCase().replaceAll(/(..)(?!$)/g, "$1:");
  await place.write(
    `{"version":1,"certificates":{"${shown}":{"state":"revoked"}}}`,
  );
  assert.deepEqual([...await readList(place.path)], [[A, {
    name: "",
    state: "revoked",
    note: "",
    added: "",
    changed: "",
    subject: "",
    expires: null,
  }]]);
});

Deno.test("certificate list: a fingerprint as openssl and others write it", () => {
  const colons = A.toUpperCase().replaceAll(/(..)(?!$)/g, "$1:");
  const forms = [A, colons, `SHA256 Fingerprint=${colons}`, `sha256:${A}`];
  for (const form of forms) assert.equal(readFingerprint(form), A);
  for (const form of ["", "sensor-1", A.slice(1), `${A}0`, `${A.slice(1)}g`]) {
    assert.equal(readFingerprint(form), null);
  }
});

Deno.test("certificate list: strangers are remembered up to 1,000, the oldest goes", () => {
  const list = new Map<string, CertificateEntry>([[B, entry]]);
  const start = Date.UTC(2026, 0, 1);
  const seen = (number: number) => ({
    fingerprint: number.toString(16).padStart(64, "0"),
    name: "x".repeat(5000),
    subject: "CN=x",
    expiresAt: number === 7 ? NaN : 8.64e18,
    note: "",
  });
  for (let number = 0; number < 1010; number++) {
    assert.ok(rememberPending(list, seen(number), start + number * 1000));
  }
  assert.equal(list.size, 1001);
  assert.equal(list.has(seen(9).fingerprint), false);
  assert.equal(list.get(seen(10).fingerprint)?.state, "pending");
  assert.equal(list.get(seen(10).fingerprint)?.name.length, 200);
  assert.equal(list.get(B), entry);
  // The operator's word on one stays.
  assert.equal(rememberPending(list, { ...seen(1), fingerprint: B }, 0), false);
  assert.equal(list.get(B), entry);
});
