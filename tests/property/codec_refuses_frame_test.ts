import { strict as assert } from "node:assert";
import { Frame, readFrame } from "../../src/codec/mod.ts";
import { ProtocolError } from "../../src/mqtt/mod.ts";
import { field, hex, packet, u16, u8 } from "../support/bytes.ts";
import { accepts, ALL, malformed, refuses } from "./codec_refusals.ts";
import { NO_LIMIT } from "./codec_support.ts";

refuses(
  "a remaining length of five bytes, or not in its shortest form",
  malformed(/more than 4 bytes/, hex("30 80 80 80 80 01")),
  malformed(/more than 4 bytes/, hex("30 ff ff ff ff")),
  malformed(/shortest form/, hex("30 80 00")),
  malformed(/shortest form/, hex("c0 80 80 00")),
  malformed(/shortest form/, hex("10 ff ff ff 00")),
);

Deno.test("refuses an oversize packet from the header alone", () => {
  const frame = new Frame();
  const header = hex("10 f0 b6 f2 74"); // 245,144,432 bytes to come
  const limit = 1_048_576;
  assert.equal(readFrame(frame, header, 0, 4, limit, 4), 0);
  assert.throws(
    () => readFrame(frame, header, 0, 5, limit, 4),
    (error) => error instanceof ProtocolError && error.reasonCode === 0x95,
  );
  // The limit counts the fixed header, and is itself allowed.
  const exact = packet(0x30, field("t"), new Uint8Array(7));
  assert.equal(readFrame(frame, exact, 0, exact.length, 12, 4), 12);
  assert.throws(
    () => readFrame(frame, exact, 0, exact.length, 11, 4),
    (error) => error instanceof ProtocolError && error.reasonCode === 0x95,
  );
});

const ANY = Array.from({ length: 16 }, (_, flags) => flags);

/** Flags that a type may have besides 0; `[]` where 0 is wrong, too. */
const FLAGS: Record<number, readonly number[]> = {
  0: [],
  1: ANY, // its decoder knows the version, and so judges them
  3: [0, 1, 2, 3, 4, 5, 10, 11, 12, 13], // neither QoS 3 nor DUP at QoS 0
  6: [2],
  8: [2],
  10: [2],
};

/** MQTT 3.1: bits that are not used may be set, and DUP where it is used. */
const FLAGS_3_1: Record<number, readonly number[]> = {
  ...FLAGS,
  ...{ 4: ANY, 5: ANY, 7: ANY, 12: ANY, 14: ANY },
  ...{ 6: [2, 3, 10, 11], 8: [2, 3, 10, 11], 10: [2, 3, 10, 11] },
};

for (const version of ALL) {
  Deno.test(`refuses flags that version ${version} does not have at the first byte`, () => {
    const frame = new Frame();
    const allowed = version === 3 ? FLAGS_3_1 : FLAGS;
    for (let first = 0; first < 256; first++) {
      const read = () => readFrame(frame, u8(first), 0, 1, NO_LIMIT, version);
      if ((allowed[first >> 4] ?? [0]).includes(first & 15)) {
        assert.equal(read(), 0);
      } else {
        assert.throws(
          read,
          (error) =>
            error instanceof ProtocolError && error.reasonCode === 0x81,
          `first byte ${first}`,
        );
      }
    }
  });
}

refuses(
  "QoS 3 and DUP at QoS 0",
  malformed(/QoS 3/, packet(0x36, field("t"), u16(1), "00")),
  malformed(/DUP at QoS 0/, packet(0x38, field("t"), "00")),
);

refuses("DUP outside PUBLISH, but for 3.1", {
  ...malformed(/flags of \w+ are 10/, packet(0x6a, u16(1))),
  versions: [4, 5],
}, {
  ...malformed(/flags of \w+ are 10/, packet(0x8a, u16(1), field("a"), u8(0))),
  versions: [4, 5],
}, {
  ...malformed(/flags of \w+ are 10/, packet(0xaa, u16(1), field("a"))),
  versions: [4, 5],
});

accepts(
  "DUP on PUBREL, SUBSCRIBE and UNSUBSCRIBE of 3.1",
  [3],
  packet(0x6a, u16(1)),
  packet(0x8a, u16(1), field("a"), u8(0)),
  packet(0xaa, u16(1), field("a")),
);

refuses(
  "PINGREQ and PINGRESP with a body",
  malformed(/PINGREQ has a Remaining Length of 1, not 0/, hex("c0 01 00")),
  malformed(/PINGRESP has a Remaining Length of 1, not 0/, hex("d0 01 00")),
);
