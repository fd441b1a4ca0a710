import { conformance, eachVersion } from "../support/test_broker.ts";

// 3.1.4: the server may check that whoever connects is authorized.

const closed = { listener: { allow_anonymous: false } };

/** Reason codes of 5.0, return codes of 3.1.1. */
const NOT_AUTHORIZED = [0x87, 5];
const BAD_LOGIN = [0x86, 4];

eachVersion(
  "login: a listener that lets nobody in unasked refuses whoever gives nothing",
  async (broker, version) => {
    const client = broker.open(version);
    await client.send(client.packets.connect());
    await client.expectRefused(...NOT_AUTHORIZED);
  },
  closed,
);

eachVersion(
  "login: where nobody knows passwords, none is right",
  async (broker, version) => {
    const client = broker.open(version);
    await client.send(
      client.packets.connect({ username: "bob", password: "x" }),
    );
    await client.expectRefused(...BAD_LOGIN);
  },
  closed,
);

conformance(
  "login: elsewhere everybody comes in, under any name",
  async (broker) => {
    await broker.connect(5, {});
    await broker.connect(5, { clientId: "d", username: "bob", password: "x" });
  },
);
