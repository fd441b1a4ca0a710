import assert from "node:assert/strict";
import {
  BrowserSessions,
  CredentialError,
  CredentialFile,
  Credentials,
} from "../../src/admin/credentials/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** A file of users in a folder of its own, seen by two processes. */
class Place implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly folder: string = Deno.makeTempDirSync({ prefix: "dunlin-admin-" });
  readonly file = `${this.folder}/admin.json`;
  readonly #open: Credentials[] = [];

  credentials(path: string | null = this.file): Credentials {
    const file = new CredentialFile(path, this.clock);
    const credentials = new Credentials(file, this.clock);
    this.#open.push(credentials);
    return credentials;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const one of this.#open) one.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("credentials: the first start makes one admin, whose file only its user reads and no secret is in", async () => {
  await using place = new Place();
  const credentials = place.credentials();
  const first = await credentials.begin();
  assert.ok(first);
  assert.equal(await place.credentials().begin(), null);
  const { mode } = await Deno.stat(place.file);
  assert.equal(mode! & 0o777, 0o600);
  const text = await Deno.readTextFile(place.file);
  for (const secret of [first.password, first.link]) {
    assert.ok(!text.includes(secret));
  }
  const user = await credentials.byPassword("admin", first.password);
  assert.equal(user?.role, "admin");
  assert.equal(await credentials.byPassword("admin", ""), null);
  assert.equal(await credentials.byPassword("root", first.password), null);
  assert.equal(await credentials.byPassword("__proto__", first.password), null);
});

Deno.test("credentials: two starts at once make one user", async () => {
  await using place = new Place();
  const starts = [1, 2, 3].map(() => place.credentials().begin());
  const firsts = (await Promise.all(starts)).filter((one) => one !== null);
  assert.equal(firsts.length, 1);
  const [{ password }] = firsts;
  assert.ok(await place.credentials().byPassword("admin", password));
});

Deno.test("credentials: what a command changes counts for the broker at once", async () => {
  await using place = new Place();
  const [broker, command] = [place.credentials(), place.credentials()];
  const first = (await broker.begin())!;
  const { id, token } = await command.createToken("ci", "admin", null);
  place.clock.advance(250);
  assert.deepEqual(await broker.byToken(token), {
    name: `token ${id} (ci)`,
    role: "admin",
  });
  assert.equal(await command.revokeToken(id), true);
  place.clock.advance(250);
  assert.equal(await broker.byToken(token), null);
  await command.setPassword("admin", "correct horse", null);
  assert.equal(await broker.byPassword("admin", first.password), null);
  assert.ok(await broker.byPassword("admin", "correct horse"));
  assert.match(await Deno.readTextFile(place.file), /\$argon2id\$/);
});

Deno.test("credentials: a link logs in once, within 15 minutes, also when the calendar is set back", async () => {
  await using place = new Place();
  const credentials = place.credentials();
  await credentials.begin();
  const link = await credentials.createLink("admin");
  const results = await Promise.all([
    credentials.byLink(link),
    place.credentials().byLink(link),
  ]);
  assert.equal(results.filter((one) => one !== null).length, 1);
  const late = await credentials.createLink("admin");
  place.clock.advance(15 * 60_000);
  assert.equal(await credentials.byLink(late), null);
  const early = await credentials.createLink("admin");
  place.clock.advance(-3600_000);
  assert.equal(await credentials.byLink(early), null);
  assert.equal(await credentials.byLink("x"), null);
  await assert.rejects(credentials.createLink("bob"), CredentialError);
  for (let at = 0; at < 20; at++) await credentials.createLink("admin");
  assert.ok((await credentials.state()).links.length <= 10);
});

Deno.test("credentials: a token expires", async () => {
  await using place = new Place();
  const credentials = place.credentials(null);
  const { token } = await credentials.createToken("ci", "viewer", 60_000);
  assert.ok(await credentials.byToken(token));
  place.clock.advance(60_000);
  assert.equal(await credentials.byToken(token), null);
});

Deno.test("credentials: names, short passwords and the last admin are guarded", async () => {
  await using place = new Place();
  const credentials = place.credentials(null);
  await credentials.begin();
  const long = "x".repeat(101);
  for (const name of ["", " x", "a\nb", "a\u202eb", long]) {
    await assert.rejects(
      credentials.createToken(name, "viewer", null),
      CredentialError,
    );
  }
  await assert.rejects(
    credentials.setPassword("bob", "1234567", null),
    CredentialError,
  );
  await assert.rejects(
    credentials.setPassword("admin", "12345678", "viewer"),
    /the last admin/,
  );
  await credentials.setPassword("bob", "12345678", "viewer");
  assert.equal((await credentials.user("bob"))?.role, "viewer");
});

Deno.test("credentials: a file that is damaged, newer or too long says so, and stays as it is", async () => {
  await using place = new Place();
  for (
    const [text, fault] of [
      ["{", /not JSON/],
      ["null", /damaged/],
      ["[]", /damaged/],
      [`{"version":1,"users":[{}],"tokens":[],"links":[]}`, /damaged/],
      [`{"version":2}`, /newer version/],
      [" ".repeat(2 << 20), /too many/],
    ] as const
  ) {
    await Deno.writeTextFile(place.file, text);
    const credentials = place.credentials();
    await assert.rejects(credentials.begin(), fault);
    await assert.rejects(credentials.createLink("admin"), fault);
    assert.equal(await Deno.readTextFile(place.file), text);
  }
});

Deno.test("sessions: one ends after 12 hours without a request, or 7 days; 1,000 at most", () => {
  const clock = new ManualClock();
  const sessions = new BrowserSessions(clock);
  const hour = 3600_000;
  const { cookie } = sessions.begin("admin", "hash");
  for (let at = 0; at < 15; at++) {
    clock.advance(11 * hour);
    assert.ok(sessions.get(cookie));
  }
  clock.advance(11 * hour);
  assert.equal(sessions.get(cookie), null);
  const idle = sessions.begin("admin", "hash");
  clock.advance(12 * hour);
  assert.equal(sessions.get(idle.cookie), null);
  const oldest = sessions.begin("admin", "hash");
  const used = sessions.begin("admin", "hash");
  for (let at = 0; at < 998; at++) sessions.begin("admin", "hash");
  assert.ok(sessions.get(oldest.cookie));
  sessions.begin("admin", "hash");
  assert.equal(sessions.size, 1000);
  assert.equal(sessions.get(used.cookie), null);
  assert.ok(sessions.get(oldest.cookie));
});

Deno.test("credentials: users without a file outlive the thread that has them", async () => {
  const clock = new ManualClock();
  let kept: string | null = null;
  const open = () => {
    const file = new CredentialFile(null, clock, kept, (text) => kept = text);
    return new Credentials(file, clock);
  };
  const [first, second] = [open(), open()];
  const { password } = (await first.begin())!;
  assert.ok(kept !== null && !String(kept).includes(password));
  const next = open();
  assert.equal(await next.begin(), null);
  assert.ok(await next.byPassword("admin", password));
  assert.equal((await second.state()).users.length, 0);
  next.close();
});
