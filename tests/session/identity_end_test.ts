import type { Authenticator } from "../../src/security/mod.ts";
import { property } from "../support/bytes.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { auth } from "../support/packets.ts";
import { conformance, eachVersion } from "../support/test_broker.ts";

// A connection that is let in until some time ends at that time.

const START = new ManualClock().date();

/** Lets everybody in for a minute; who authenticates anew gets another two. */
function untilThen(): Authenticator {
  let times = 0;
  return {
    authenticate: ({ clientId, username }) => ({
      kind: "allow",
      identity: {
        clientId,
        username,
        expiresAt: username === "ever" ? Infinity : START + 60_000,
      },
    }),
    begin: (_, { clientId }) => ({
      step: () => ({
        kind: "allow",
        identity: {
          clientId,
          username: "ann",
          expiresAt: START + (times++ === 0 ? 60_000 : 180_000),
        },
      }),
    }),
  };
}

const options = { authenticator: untilThen() };

eachVersion(
  "a connection ends when what let it in does",
  async (broker, version) => {
    const { client } = await broker.join(version, { username: "ann" });
    const { client: other } = await broker.join(version, {
      clientId: "other",
      username: "ever",
    });
    await broker.advance(59_900);
    await client.expectAlive();
    await broker.advance(200);
    if (version === 5) await client.expectDisconnect(0x87);
    else await client.expectClosed();
    await other.expectAlive();
  },
  options,
);

conformance(
  "the end of what lets a client in is a date: it follows a calendar that is set",
  async (broker) => {
    const client = await broker.connect(5, { username: "ann" });
    broker.clock.step(-3_600_000);
    await broker.advance(120_000);
    await client.expectAlive();
    broker.clock.step(3_600_000);
    await broker.advance(60_100);
    await client.expectDisconnect(0x87);
  },
  options,
);

conformance(
  "5.0 who authenticates anew stays as long as that holds",
  async (broker) => {
    const method = property.authenticationMethod("any");
    const client = broker.open(5);
    await client.send(client.packets.connect({ properties: [method] }));
    await client.receive();
    await client.send(auth(0x19, [method]));
    await client.receive();
    await broker.advance(120_000);
    await client.expectAlive();
    await broker.advance(60_100);
    await client.expectDisconnect(0x87);
  },
  { authenticator: untilThen() },
);

conformance(
  "5.0 who authenticates anew by what holds no longer is put out",
  async (broker) => {
    const method = property.authenticationMethod("any");
    const client = broker.open(5);
    await client.send(client.packets.connect({ properties: [method] }));
    await client.receive();
    await client.send(auth(0x19, [method]));
    await client.expectDisconnect(0x87);
  },
  {
    authenticator: (() => {
      let times = 0;
      return {
        ...untilThen(),
        // As when the settings changed between the answer and its arrival.
        stillAllows: () => ++times === 1,
      };
    })(),
  },
);
