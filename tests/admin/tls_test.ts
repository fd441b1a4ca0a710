import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { connect } from "node:tls";
import { makeTlsPems } from "../support/tls_pems.ts";
import { until } from "../support/wait.ts";
import { AdminBroker } from "./admin_broker.ts";

/** Returns the certificate that a port shows, as PEM without line ends. */
function shownAt(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", rejectUnauthorized: false };
    const socket = connect(options, () => {
      const { raw } = socket.getPeerCertificate();
      socket.end();
      resolve(new Uint8Array(raw).toBase64());
    });
    socket.on("error", reject);
  });
}

/** Sends `request` with TLS; returns all that comes. */
function answerTo(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { port, host: "127.0.0.1", rejectUnauthorized: false };
    const socket = connect(options, () => socket.write(request));
    let text = "";
    socket.on("data", (part) => text += part);
    socket.on("end", () => resolve(text));
    socket.on("error", reject);
  });
}

function plain(pem: string): string {
  return pem.match(/-----BEGIN CERTIFICATE-----([^-]+)/)![1].replace(/\s/g, "");
}

Deno.test("admin TLS: the broker's own authority issues the certificate, and the cookie is for TLS alone", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-admin-" });
  const broker = await AdminBroker.start({
    admin: { tls: true },
    authority: { path: folder },
  });
  try {
    const { broker: inner } = broker.test;
    assert.equal(inner.steering.admin!.isTls, true);
    const { port } = inner.steering.admin!;
    const trusted = new X509Certificate(
      await Deno.readTextFile(inner.steering.adminTrust!.file),
    );
    const shown = new X509Certificate(
      Uint8Array.fromBase64(await shownAt(port)),
    );
    assert.equal(shown.issuer, trusted.subject);
    const { user, password } = broker.first;
    const body = JSON.stringify({ user, password });
    const text = await answerTo(
      port,
      "POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\n" +
        `Connection: close\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${body.length}\r\n\r\n${body}`,
    );
    assert.match(text, /^HTTP\/1\.1 200 /);
    assert.match(text, /^set-cookie: .*; Secure\r$/m);
    await assert.rejects(broker.anyone.send("health/live"));
  } finally {
    await broker.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("admin TLS: other files are shown while the broker runs, at the same port; bad ones change nothing", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-admin-" });
  const [cert, key] = [`${folder}/cert.pem`, `${folder}/key.pem`];
  const { server } = await makeTlsPems();
  const { server: other } = await makeTlsPems();
  const write = async (
    pem: { readonly cert: string; readonly key: string },
  ) => {
    await Deno.writeTextFile(cert, pem.cert);
    await Deno.writeTextFile(key, pem.key);
  };
  await write(server);
  const admin = { tls: true, cert, key };
  const broker = await AdminBroker.start({ admin });
  try {
    const { port } = broker.test.broker.steering.admin!;
    const shows = (pem: string) => async () => {
      await broker.test.advance(11_000);
      return await shownAt(port).catch(() => "") === plain(pem);
    };
    await until("the certificate is shown", shows(server.cert));
    await write(other);
    await until("the other one is shown", shows(other.cert));
    assert.equal(broker.test.broker.steering.admin!.port, port);
    // From now on the log names the file, as often as it is read.
    const named: unknown[] = [];
    broker.test.onTrouble = (...all) => named.push(all);
    await Deno.writeTextFile(cert, "no certificate");
    await until("the log names the file", async () => {
      await broker.test.advance(11_000);
      return named.length > 0;
    });
    assert.match(String(named[0]), /cert\.pem holds no certificate/);
    await until("it still shows it", shows(other.cert));
  } finally {
    await broker.stop();
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("admin TLS: a certificate that cannot be used refuses the start, and names the page", async () => {
  const admin = { tls: true, cert: "/nowhere.pem", key: "/nowhere.key" };
  await assert.rejects(
    AdminBroker.start({ admin }),
    { name: "AdminError", message: /^the admin page: .*\/nowhere\.(pem|key)/ },
  );
});
