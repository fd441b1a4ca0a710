import { encodeUtf8, Message, Topic } from "../../src/mqtt/mod.ts";
import {
  measurePublish,
  PublishHead,
  writePublishHead,
} from "../../src/codec/packets/publish_encoder.ts";

const ROUNDS = 1_000;

const message = new Message(
  new Topic("site/7/meter/12", encodeUtf8("site/7/meter/12")),
  new Uint8Array(16),
  0,
  16,
);
const into = new Uint8Array(256);

/** One thousand heads, as a fan-out writes them. */
function writeMany(head: PublishHead): number {
  let written = 0;
  for (let i = 1; i <= ROUNDS; i++) {
    if (head.qos !== 0) head.packetId = i;
    measurePublish(head, message);
    written += writePublishHead(head, message, into, 0);
  }
  return written;
}

const plain = new PublishHead();

const qos1 = new PublishHead();
qos1.version = 5;
qos1.qos = 1;

const rich = new PublishHead();
rich.version = 5;
rich.qos = 1;
rich.expirySeconds = 60;
rich.topicAlias = 3;
rich.omitTopic = true;
rich.identifiers = [1, 300];

Deno.bench(`${ROUNDS} PUBLISH heads: 3.1.1 QoS 0`, () => {
  writeMany(plain);
});

Deno.bench(`${ROUNDS} PUBLISH heads: 5.0 QoS 1`, () => {
  writeMany(qos1);
});

Deno.bench(`${ROUNDS} PUBLISH heads: 5.0 QoS 1, alias and properties`, () => {
  writeMany(rich);
});
