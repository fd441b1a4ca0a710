import assert from "node:assert/strict";
import {
  CredentialFile,
  Credentials,
} from "../../src/admin/credentials/mod.ts";
import { admin } from "../../src/cli/admin/admin.ts";
import type {
  AdminCommandName,
  AdminOptions,
} from "../../src/cli/admin/admin_program.ts";
import { programFor } from "../../src/cli/admin/browse.ts";
import { ManualClock } from "../support/manual_clock.ts";

/** A store's folder, and commands with what they said. */
class Place implements AsyncDisposable {
  readonly folder: string = Deno.makeTempDirSync({ prefix: "dunlin-admin-" });
  readonly file = `${this.folder}/admin.json`;
  readonly clock = new ManualClock();
  readonly credentials = new Credentials(
    new CredentialFile(this.file, this.clock),
    this.clock,
  );
  out = "";
  err = "";
  /** Addresses that a browser was opened at. */
  readonly opened: string[] = [];
  hasBrowser = true;

  async run(
    name: AdminCommandName,
    argument?: string,
    options: AdminOptions = {},
    typed = "",
  ): Promise<number> {
    this.out = this.err = "";
    const set = [`storage.path=${this.folder}`, ...options.set ?? []];
    return await admin(name, argument, { ...options, set }, {
      environment: {},
      clock: this.clock,
      output: {
        out: (text) => this.out += text,
        err: (text) => this.err += text,
      },
      keyboard: {
        isTerminal: () => false,
        setRaw: () => {},
        read: (buffer) => {
          const { written } = new TextEncoder().encodeInto(typed, buffer);
          typed = "";
          return Promise.resolve(written === 0 ? null : written);
        },
      },
      browse: (url) => {
        if (this.hasBrowser) this.opened.push(url);
        return Promise.resolve(this.hasBrowser);
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.credentials.close();
    await Deno.remove(this.folder, { recursive: true });
  }
}

Deno.test("dunlin admin password: adds a user, and changes rights and password", async () => {
  await using place = new Place();
  const stdin = { stdin: true };
  assert.equal(await place.run("password", undefined, stdin, "swordfish\n"), 0);
  assert.match(place.out, /^admin has a new password in .*admin\.json\n$/);
  const user = await place.credentials.byPassword("admin", "swordfish");
  assert.equal(user?.role, "admin");
  const viewer = { ...stdin, user: "ann", role: "viewer" as const };
  assert.equal(await place.run("password", undefined, viewer, "12345678\n"), 0);
  place.clock.advance(1000);
  assert.equal((await place.credentials.user("ann"))?.role, "viewer");
  assert.equal(await place.run("password", undefined, stdin, "short\n"), 1);
  assert.match(place.err, /the password is too short/);
  assert.equal(await place.run("password", undefined, {}), 1);
  assert.match(place.err, /give --stdin/);
});

Deno.test("dunlin admin token: makes, lists and revokes tokens", async () => {
  await using place = new Place();
  const options = { role: "admin" as const, expires: "90d" };
  assert.equal(await place.run("token create", "grafana", options), 0);
  const token = place.out.trim();
  assert.equal((await place.credentials.byToken(token))?.role, "admin");
  assert.equal(await place.run("token list"), 0);
  const id = token.split("_")[1];
  assert.match(place.out, new RegExp(`^${id}  admin   \\d{4}-.*  grafana\n$`));
  assert.equal(await place.run("token list", undefined, { json: true }), 0);
  assert.doesNotMatch(place.out, /hash/);
  assert.equal(await place.run("token revoke", id), 0);
  assert.equal(await place.run("token revoke", id), 1);
  assert.match(place.err, /there is no token/);
  assert.equal(await place.run("token create", "x", { expires: "soon" }), 1);
  assert.match(place.err, /--expires soon: give a duration/);
});

Deno.test("dunlin admin open: opens a link that logs in once, or prints it", async () => {
  await using place = new Place();
  assert.equal(await place.run("open"), 1);
  assert.match(place.err, /has no users/);
  await place.credentials.begin();
  assert.equal(await place.run("open"), 0);
  assert.equal(place.out, "");
  const [url] = place.opened;
  assert.match(url, /^http:\/\/127\.0\.0\.1:8088\/login\?link=[\w-]{43}$/);
  const link = new URL(url).searchParams.get("link")!;
  assert.equal((await place.credentials.byLink(link))?.name, "admin");
  place.hasBrowser = false;
  assert.equal(await place.run("open"), 0);
  assert.match(place.out, /^http:.*\n$/);
  assert.equal(await place.run("open", undefined, { user: "bob" }), 1);
  assert.match(place.err, /there is no user bob/);
});

Deno.test("dunlin admin: without a file for users it says what to do", async () => {
  await using place = new Place();
  const set = ["storage.mode=memory"];
  assert.equal(await place.run("token list", undefined, { set }), 1);
  assert.match(place.err, /name a file for them with admin\.file/);
});

Deno.test("dunlin admin open: no browser is started where no screen is", () => {
  assert.equal(programFor("linux", {}), null);
  assert.deepEqual(programFor("linux", { DISPLAY: ":0" }), ["xdg-open"]);
  assert.deepEqual(programFor("darwin", {}), ["open"]);
});
