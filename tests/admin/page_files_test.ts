import assert from "node:assert/strict";
import { built } from "../../src/admin/page/built.ts";
import { buildPage, gzip } from "../../tools/build_page.ts";
import { adminTest } from "./admin_broker.ts";

/** The most that a browser loads for the page, gzipped. */
const MOST = 60 * 1024;

async function unpacked(base64: string): Promise<string> {
  const stream = new Blob([Uint8Array.fromBase64(base64)]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
  return await new Response(stream).text();
}

Deno.test("admin page: the built files are those of the sources, and small", async () => {
  const texts = await buildPage();
  assert.deepEqual(Object.keys(built), Object.keys(texts));
  let size = 0;
  for (const [name, text] of Object.entries(texts)) {
    const isSame = await unpacked(built[name]) === text;
    assert.ok(isSame, `${name} has changed: run deno task page`);
    size += (await gzip(text)).length;
  }
  assert.ok(size < MOST, `${size} bytes`);
});

adminTest(
  "admin page: nothing in it is from elsewhere, and no code is inline",
  async ({ anyone }) => {
    const { status, text, headers } = await anyone.send("");
    assert.equal(status, 200);
    assert.match(headers.get("content-security-policy")!, /default-src 'self'/);
    assert.doesNotMatch(text, /<script(?![^>]*src=)|<style|\son\w+=|style=/);
    const links = [...text.matchAll(/(?:src|href)="([^"]*)"/g)]
      .map(([, link]) => link);
    assert.deepEqual(links.filter((link) => !link.startsWith("data:image/")), [
      "page.css",
      "page.js",
    ]);
  },
);

adminTest(
  "admin page: files are packed where the browser takes that, and kept by it",
  async ({ anyone }) => {
    const plain = await anyone.send("page.css", {
      headers: { "accept-encoding": "identity" },
    });
    assert.equal(plain.headers.get("content-encoding"), null);
    assert.match(plain.text, /--back/);
    assert.match(plain.headers.get("content-type")!, /^text\/css/);
    const packed = await anyone.send("page.css", {
      headers: { "accept-encoding": "br, gzip" },
    });
    assert.equal(packed.text, plain.text);
    const tag = packed.headers.get("etag")!;
    const status = await anyone.status("page.css", {
      headers: { "if-none-match": tag },
    });
    assert.equal(status, 304);
    assert.equal(await anyone.status("built.ts"), 404);
    assert.equal(await anyone.status("__proto__"), 404);
  },
);

adminTest(
  "admin page: it has the session of its browser, and none without a login",
  async (broker) => {
    const session = /name="session" content="([^"]*)"/;
    const { text, headers } = await broker.anyone.send("");
    assert.equal(session.exec(text)![1], "");
    assert.equal(headers.get("cache-control"), "no-store");
    const browser = await broker.logIn();
    const [, escaped] = session.exec((await browser.send("")).text)!;
    const { json } = await browser.send("api/v1/session");
    assert.deepEqual(JSON.parse(escaped.replaceAll("&quot;", '"')), json);
  },
);

adminTest(
  "admin page: a link that is used up shows the page, and programs get a problem",
  async ({ anyone }) => {
    const path = "login?link=used";
    const page = await anyone.send(path, { headers: { accept: "text/html" } });
    assert.equal(page.status, 401);
    assert.match(page.text, /<div id="app">/);
    const { status, json } = await anyone.send(path);
    assert.equal(status, 401);
    assert.equal(json.status, 401);
  },
);
