import { Frame, readFrame } from "../../src/codec/bytes/frame.ts";
import {
  decodePublish,
  PublishPacket,
} from "../../src/codec/packets/publish_decoder.ts";
import { encodeUtf8, Message, Topic } from "../../src/mqtt/mod.ts";
import {
  measurePublish,
  PublishHead,
  writePublishHead,
} from "../../src/codec/packets/publish_encoder.ts";
import type { ProtocolVersion } from "../../src/mqtt/mod.ts";

/** A chunk as the pump reads it: 64 KiB, full of PUBLISH of one shape. */
function chunkOf(
  version: ProtocolVersion,
  qos: 0 | 1,
  payload: number,
  properties: Uint8Array | null,
): { chunk: Uint8Array; end: number; count: number } {
  const chunk = new Uint8Array(65_536);
  const message = new Message(
    new Topic("site/7/meter/12", encodeUtf8("site/7/meter/12")),
    new Uint8Array(payload),
    0,
    payload,
  );
  message.properties = properties;
  const head = new PublishHead();
  head.version = version;
  head.qos = qos;
  head.packetId = 77;
  const length = measurePublish(head, message);
  let end = 0;
  let count = 0;
  while (end + length <= chunk.length) {
    writePublishHead(head, message, chunk, end);
    end += length;
    count++;
  }
  return { chunk, end, count };
}

// Content type "a" and one user property "b" = "c".
const SOME_PROPERTIES = Uint8Array.of(3, 0, 1, 97, 38, 0, 1, 98, 0, 1, 99);

const SHAPES = [
  { name: "3.1.1 QoS 0, 16 bytes", input: chunkOf(4, 0, 16, null), version: 4 },
  { name: "5.0 QoS 0, 16 bytes", input: chunkOf(5, 0, 16, null), version: 5 },
  { name: "5.0 QoS 1, 256 bytes", input: chunkOf(5, 1, 256, null), version: 5 },
  {
    name: "5.0 QoS 1, 256 bytes, properties",
    input: chunkOf(5, 1, 256, SOME_PROPERTIES),
    version: 5,
  },
] as const;

const frame = new Frame();
const packet = new PublishPacket();

// What a connection does with each read: split and decode in one pass.
for (const { name, input, version } of SHAPES) {
  Deno.bench(`${input.count} PUBLISH in 64 KiB: ${name}`, () => {
    const { chunk, end } = input;
    let at = 0;
    while (at < end) {
      at += readFrame(frame, chunk, at, end, 1_048_576, 5);
      decodePublish(packet, chunk, frame, version);
    }
  });
}
