import assert from "node:assert/strict";
import { connect } from "node:tls";
import { within } from "../support/wait.ts";
import { Workshop } from "../support/workshop.ts";
import { CertificateBroker } from "./certificate_broker.ts";
import { connectMqttJs } from "./mqttjs_client.ts";
import { opensslProgram, testWith } from "./programs.ts";

/** The name on the certificate that is shown to who comes now. */
async function nameShown(port: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(
    { port, host: "127.0.0.1", rejectUnauthorized: false },
    () => resolve(`${socket.getPeerCertificate().subject.CN}`),
  );
  socket.on("error", reject);
  try {
    return await within("a handshake", promise);
  } finally {
    socket.destroy();
  }
}

testWith(
  [opensslProgram],
  "settings that name another certificate: it is shown, and who is in stays",
  async () => {
    await using workshop = await Workshop.open();
    const one = await workshop.selfSigned("one");
    const two = await workshop.selfSigned("two");
    await using broker = await CertificateBroker.start(workshop, { tls: one });
    const port = broker.port("tls");
    const client = await connectMqttJs(`mqtts://127.0.0.1:${port}`, {
      rejectUnauthorized: false,
    });
    await broker.change({ tls: two, plain: { type: "tcp" } });
    assert.equal(broker.port("tls"), port);
    assert.equal(await nameShown(port), "two");
    // One that cannot be used changes nothing, nor does what comes with it.
    await assert.rejects(
      broker.change({ tls: { cert: two.cert, key: one.key } }),
      /listener tls: /,
    );
    assert.equal(await nameShown(port), "two");
    const plain = broker.port("plain");
    (await Deno.connect({ hostname: "127.0.0.1", port: plain })).close();
    await client.publishAsync("t", "x", { qos: 1 });
    await client.endAsync();
    // Without TLS there are no certificates, and with it there are again.
    await broker.change({ plain: { type: "tcp" } });
    await broker.change({ plain: { type: "tcp" }, tls: one });
    assert.equal(await nameShown(broker.port("tls")), "one");
  },
);

testWith(
  [opensslProgram],
  "settings that require certificates send off who has shown none",
  async () => {
    await using workshop = await Workshop.open();
    const ca = await workshop.authority("ca");
    const used = await workshop.selfSigned("used");
    await using broker = await CertificateBroker.start(workshop, { tls: used });
    const port = broker.port("tls");
    const client = await connectMqttJs(`mqtts://127.0.0.1:${port}`, {
      rejectUnauthorized: false,
      protocolVersion: 5,
    });
    const told = new Promise<number | undefined>((resolve) =>
      client.on("disconnect", ({ reasonCode }) => resolve(reasonCode))
    );
    await broker.change({
      tls: {
        ...used,
        client_certificates: "required",
        ca: [ca.files.cert],
      },
    });
    assert.equal(await within("the farewell", told), 0x87);
    assert.equal(await broker.closed.next(), "certificate-revoked");
    assert.equal(broker.port("tls"), port);
    await client.endAsync();
  },
);
