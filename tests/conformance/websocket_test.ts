import assert from "node:assert/strict";
import { memoryPair, upgradeWebSocket } from "../../src/transport/mod.ts";
import type { ByteStream } from "../../src/transport/mod.ts";
import {
  clientFrame,
  readHead,
  TestWebSocketClient,
  upgradeRequest,
} from "../contract/transport_contract_websocket_client.ts";
import { join, toHex, u8, utf8 } from "../support/bytes.ts";
import { settle } from "../support/settle.ts";
import { eachVersion } from "../support/test_broker.ts";
import type { TestBroker } from "../support/test_broker.ts";
import { WireClient } from "../support/wire_client.ts";

// Section 6: MQTT in WebSocket frames. The layer itself has its own contract
// tests; here it stands before a whole broker.

/** A stream whose other end the broker serves once it has been upgraded. */
function openStream(broker: TestBroker): ByteStream {
  const [mine, theirs] = memoryPair();
  upgradeWebSocket(theirs, { clock: broker.clock }).then(
    (stream) => broker.serve(stream),
    () => {},
  );
  return mine;
}

/** A stream that has shaken hands; `protocols` as the client offers them. */
async function handshake(
  broker: TestBroker,
  protocols: string | null = "mqtt",
): Promise<{ stream: ByteStream; head: string }> {
  const stream = openStream(broker);
  const fields = { "Sec-WebSocket-Protocol": protocols };
  await stream.write(utf8(upgradeRequest(fields)));
  return { stream, head: await readHead(stream) };
}

eachVersion(
  "3.1.1 [MQTT-6.0.0-1] 5.0 [MQTT-6.0.0-1] MQTT goes in binary frames, a text frame closes",
  async (broker, version) => {
    const { stream } = await handshake(broker);
    const { packets } = broker.open(version);
    await stream.write(clientFrame(0x82, packets.connect()));
    await settle();
    const chunk = new Uint8Array(1000);
    await stream.read(chunk);
    assert.deepEqual([chunk[0], chunk[2] >> 4], [0x82, 2], "binary, CONNACK");
    await stream.write(clientFrame(0x81, utf8("text")));
    await settle();
    const bytes: number[] = [];
    for (;;) {
      const count = await stream.read(chunk).catch(() => null);
      if (count === null) break;
      bytes.push(...chunk.subarray(0, count));
    }
    assert.ok(toHex(Uint8Array.from(bytes)).includes("88 02 03 eb"), "1003");
  },
);

eachVersion(
  "3.1.1 [MQTT-6.0.0-2] 5.0 [MQTT-6.0.0-2] packets are split and joined over frames at will",
  async (broker, version) => {
    const one = new WireClient(
      await TestWebSocketClient.open(openStream(broker)),
      version,
    );
    // That client cuts what it is given into fragments of any size.
    await one.send(
      one.packets.connect(),
      one.packets.subscribe(1, ["t"]),
      one.packets.publish({ topic: "t", payload: "x".repeat(500) }),
    );
    const [connack, suback, publish] = await one.receiveAll();
    assert.deepEqual([connack.type, suback.type], [2, 9]);
    assert.equal(publish.payload.length, 500);
    const { stream } = await handshake(broker);
    const bytes = join(one.packets.connect({ clientId: "d" }), "c0 00");
    for (const byte of bytes) await stream.write(clientFrame(0x82, u8(byte)));
    await settle();
    const chunk = new Uint8Array(1000);
    let got = "";
    while (!got.endsWith("d0 00")) {
      got += ` ${toHex(chunk.slice(0, (await stream.read(chunk))!))}`;
    }
    assert.match(got, /^ 82 .* 20 .* d0 00$/);
  },
);

eachVersion(
  "3.1.1 [MQTT-6.0.0-3] [MQTT-6.0.0-4] 5.0 [MQTT-6.0.0-3] [MQTT-6.0.0-4] the sub-protocol mqtt is found anywhere in the offer and chosen; without it there is no upgrade",
  async (broker) => {
    for (const offer of ["mqtt", "chat, mqtt", "mqttv3.1,mqtt , x"]) {
      const { head } = await handshake(broker, offer);
      assert.match(head, /^HTTP\/1\.1 101 /);
      assert.match(head, /\r\nsec-websocket-protocol: mqtt\r\n/i);
    }
    for (const offer of ["chat", "MQTTX", null]) {
      const { head } = await handshake(broker, offer);
      assert.match(head, /^HTTP\/1\.1 400 /);
    }
  },
);

eachVersion(
  "an unmasked frame closes, ping and close are answered",
  async (broker, version) => {
    const { packets } = broker.open(version);
    const { stream } = await handshake(broker);
    const chunk = new Uint8Array(1000);
    await stream.write(clientFrame(0x82, packets.connect()));
    await stream.read(chunk);
    await stream.write(clientFrame(0x89, utf8("hi")));
    const pong = chunk.slice(0, (await stream.read(chunk))!);
    assert.equal(toHex(pong), "8a 02 68 69");
    await stream.write(clientFrame(0x88, join("03 e8")));
    const close = chunk.slice(0, (await stream.read(chunk))!);
    assert.equal(toHex(close), "88 02 03 e8");
    const second = await handshake(broker);
    await second.stream.write(join("82 02 c0 00"));
    const refused = chunk.slice(0, (await second.stream.read(chunk))!);
    assert.ok(toHex(refused).startsWith("88 02 03 ea"), "1002");
  },
);
