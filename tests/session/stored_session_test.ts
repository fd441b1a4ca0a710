import assert from "node:assert/strict";
import { encodeUtf8, Message, Topic } from "../../src/mqtt/mod.ts";
import {
  type RestoredSession,
  type Restorer,
  SessionSlot,
} from "../../src/store/mod.ts";
import { property } from "../support/bytes.ts";
import { puback, pubrel, staying } from "../support/packets.ts";
import { stored } from "./stored_broker.ts";

const mode = "durable";

/** CONNECT of 5.0 with a will; both times in seconds. */
function withWill(delay: number, expiry: number) {
  return {
    clientId: "mortal",
    clean: false,
    will: {
      topic: "will",
      payload: "gone",
      properties: [property.willDelay(delay)],
    },
    properties: [property.sessionExpiry(expiry)],
  };
}

stored(
  "a QoS 2 packet id is noted for the store when it comes and when it is released",
  mode,
  async (broker) => {
    const notes: (readonly [number, boolean])[] = [];
    broker.store.changes.received = (session, packetId) => {
      notes.push([packetId, [...session.received].includes(packetId)]);
    };
    const client = await broker.connect(5, staying(5));
    await client.publish({ topic: "t", qos: 2, id: 5 });
    await client.expectAck(5, 5);
    await client.send(pubrel(5));
    await client.expectAck(7, 5);
    assert.deepEqual(notes, [[5, true], [5, false]]);
  },
);

for (const mode of ["buffered", "durable"] as const) {
  stored(
    "a packet id that a crash brought back as received swallows no new message",
    mode,
    async (broker) => {
      const reader = await broker.connect(5, "reader");
      await reader.subscribe([["t", 2]]);
      const client = await broker.connect(5, staying(5));
      const send = async (id: number, payload: string, dup: boolean) => {
        await client.publish({ topic: "t", qos: 2, id, payload, dup });
        await client.expectAck(5, id);
        return (await reader.receiveAll()).map((one) => one.payload);
      };
      assert.deepEqual(await send(5, "again", true), [], "DUP");
      // In `durable` the id may come from an earlier run in `buffered`.
      assert.deepEqual(await send(5, "new", false), ["new"]);
      assert.deepEqual(await send(5, "new", true), []);
      assert.deepEqual(await send(5, "new", false), []);
    },
    {
      restore: (into) => {
        into.session({
          ...{ clientId: "subscriber", expiryInterval: 1000 },
          ...{ detachedAt: 0, username: null, bridge: false, will: null },
          ...{ received: [5], packetIds: null },
        });
      },
    },
  );
}

for (const delay of [10, 20]) {
  stored(
    `a session that ends by time with its will (expiry 10 s, delay ${delay} s) leaves nothing stored`,
    mode,
    async (broker) => {
      const reader = await broker.connect(5, "reader");
      await reader.subscribe(["will"]);
      const client = await broker.connect(5, withWill(delay, 10));
      assert.equal(broker.store.sessions.size, 1);
      await client.drop();
      await broker.advance(9000);
      await reader.expectNothing();
      await broker.advance(2000);
      assert.equal((await reader.receivePublish()).payload, "gone");
      await reader.expectNothing();
      assert.equal(broker.store.endings, 1);
      assert.deepEqual(broker.store.ghosts, []);
      assert.equal(broker.store.sessions.size, 0);
    },
  );
}

for (const attached of [true, false]) {
  stored(
    `a clean start for a session with a will under delay, ${
      attached ? "attached" : "detached"
    } by then, leaves nothing stored`,
    mode,
    async (broker) => {
      const reader = await broker.connect(5, "reader");
      await reader.subscribe(["will"]);
      const client = await broker.connect(5, withWill(50, 100));
      if (!attached) await client.drop();
      const heir = await broker.connect(5, "mortal");
      // Where the connection was lost before, the client came back in time.
      if (attached) {
        assert.equal((await reader.receivePublish()).payload, "gone");
      }
      await broker.advance(200_000);
      await reader.expectNothing();
      assert.equal(broker.store.endings, 1);
      assert.deepEqual(broker.store.ghosts, []);
      assert.equal(broker.store.sessions.size, 0);
      await heir.expectAlive();
    },
  );
}

/** Two messages in flight, as a store has them. */
function inFlight(ids: readonly number[]): (into: Restorer) => void {
  return (into) => {
    const session = into.session({
      clientId: "subscriber",
      expiryInterval: 1000,
      detachedAt: 0,
      username: null,
      bridge: false,
      will: null,
      received: [],
      packetIds: null,
    });
    ids.forEach((packetId, index) => {
      const payload = encodeUtf8(`${index}`);
      const topic = new Topic("t", encodeUtf8("t"));
      into.entry(session, {
        message: new Message(topic, payload, 0, payload.length),
        qos: 1,
        retain: false,
        packetId,
        identifiers: null,
        group: null,
      });
    });
  };
}

stored(
  "a packet id that a damaged store has twice is given to one message, and both arrive",
  mode,
  async (broker) => {
    const client = await broker.connect(5, staying(5));
    const [first, second, ...none] = await client.receiveAll();
    assert.deepEqual(none, []);
    assert.deepEqual(
      [first.packetId, first.dup, first.payload],
      [700, true, "0"],
    );
    assert.deepEqual([second.dup, second.payload], [false, "1"]);
    assert.notEqual(second.packetId, 700);
    await client.send(puback(first.packetId), puback(second.packetId));
    assert.equal(broker.counters.queuedBytes, 0);
    assert.equal(broker.counters.queuedMessages, 0);
  },
  { restore: inFlight([700, 700]) },
);

/** Sessions that are away, one of them since a crash: nobody knew when. */
function away(into: Restorer): void {
  for (const detachedAt of [0, 1, 2, 3]) {
    into.session(awaySession(detachedAt));
  }
}

function awaySession(detachedAt: number): RestoredSession {
  return {
    clientId: `away-${detachedAt}`,
    expiryInterval: 0xFFFFFFFF,
    detachedAt,
    username: null,
    bridge: false,
    will: null,
    received: [],
    packetIds: null,
  };
}

stored(
  "a start writes only the sessions that it changed",
  mode,
  async (broker) => {
    await broker.advance(1000);
    const written = [...broker.store.sessions].map(({ clientId }) => clientId);
    assert.deepEqual(written, ["away-0"]);
  },
  { restore: away },
);

stored(
  "nothing of a damaged store is left: a clean session of a client that it had waits for no commit",
  "durable",
  async (broker) => {
    broker.store.willing = false;
    await broker.connect(5, { clientId: "away-0", clean: true });
    assert.equal(broker.store.waiting, 0);
    broker.store.willing = true;
  },
  {
    damaged: (into) => {
      const session = into.session(awaySession(0));
      // As the real store does with all that it has restored.
      session.slot = new SessionSlot(1, session);
      session.slot.block = 1;
    },
  },
);

stored(
  "the state of a damaged store no longer counts in the heap",
  mode,
  // Topics of alarms take the rest.
  (broker) => {
    assert.ok(broker.heap < 5000, `${broker.heap} bytes`);
    return Promise.resolve();
  },
  {
    damaged: (into) => {
      away(into);
      inFlight([700])(into);
    },
  },
);
