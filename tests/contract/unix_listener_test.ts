import assert from "node:assert/strict";
import { ListenError } from "../../src/transport/mod.ts";
import { openListener } from "../support/listening.ts";
import { settle } from "../support/settle.ts";

async function inFolder(body: (path: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-unix-" });
  try {
    await body(`${folder}/mqtt.sock`);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function failure(path: string): Promise<ListenError> {
  try {
    await openListener({ type: "unix", socket: path });
  } catch (error) {
    assert.ok(error instanceof ListenError);
    return error;
  }
  assert.fail("it listens");
}

Deno.test("unix-listener: the file has its mode, and is gone at the end", () =>
  inFolder(async (path) => {
    const umask = Deno.umask();
    for (const socket_mode of [0o600, 0o666]) {
      const said = { type: "unix", socket: path, socket_mode } as const;
      const { listener } = await openListener(said);
      assert.deepEqual(listener.address, { hostname: path, port: 0 });
      assert.equal(Deno.statSync(path).mode! & 0o777, socket_mode);
      assert.equal(Deno.umask(), umask);
      listener.close();
      assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
    }
  }));

Deno.test("unix-listener: a file that nobody listens on any more is taken over", () =>
  inFolder(async (path) => {
    const dead = Deno.listen({ transport: "unix", path: `${path}.old` });
    // As a crash leaves it: a clean end removes the file by its name.
    await Deno.rename(`${path}.old`, path);
    dead.close();
    assert.ok(Deno.lstatSync(path).isSocket);
    const opened = await openListener({ type: "unix", socket: path });
    const conn = await Deno.connect({ transport: "unix", path });
    const { stream, peer } = await opened.next();
    assert.equal(peer.hostname, "unix");
    stream.close();
    conn.close();
    opened.listener.close();
  }));

Deno.test("unix-listener: one that somebody listens on is left alone", () =>
  inFolder(async (path) => {
    const other = Deno.listen({ transport: "unix", path });
    const { code: what, message } = await failure(path);
    assert.equal(what, "address-in-use");
    assert.match(message, /mqtt\.sock: another program listens there already/);
    assert.ok(Deno.lstatSync(path).isSocket);
    other.close();
  }));

Deno.test("unix-listener: what is no socket is not removed", () =>
  inFolder(async (path) => {
    await Deno.writeTextFile(path, "mine");
    const { code: what, message } = await failure(path);
    assert.equal(what, "not-a-socket");
    assert.match(message, /the file is no socket; remove it/);
    assert.equal(await Deno.readTextFile(path), "mine");
  }));

Deno.test("unix-listener: a folder that does not exist is told", () =>
  inFolder(async (path) => {
    const { message } = await failure(`${path}/deeper/mqtt.sock`);
    assert.match(message, /its folder does not exist/);
  }));

Deno.test("unix-listener: the file of a broker that listens there by now stays at the end", () =>
  inFolder(async (path) => {
    const said = { type: "unix", socket: path } as const;
    const { listener } = await openListener(said);
    await Deno.remove(path);
    const later = await openListener(said);
    listener.close();
    // The runtime gives back what it listened with when this has ended.
    await settle();
    const conn = await Deno.connect({ transport: "unix", path });
    (await later.next()).stream.close();
    conn.close();
    later.listener.close();
    assert.throws(() => Deno.lstatSync(path), Deno.errors.NotFound);
    assert.deepEqual([...Deno.readDirSync(path.replace(/[^/]+$/, ""))], []);
  }));

Deno.test("unix-listener: a path of 107 bytes, the longest there is", () =>
  inFolder(async (path) => {
    const socket = path.padEnd(107, "x");
    const opened = await openListener({ type: "unix", socket });
    const conn = await Deno.connect({ transport: "unix", path: socket });
    (await opened.next()).stream.close();
    conn.close();
    opened.listener.close();
  }));
