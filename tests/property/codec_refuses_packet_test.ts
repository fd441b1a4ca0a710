import {
  type Bytes,
  field,
  hex,
  join,
  packet,
  properties,
  property,
  u16,
  u8,
} from "../support/bytes.ts";
import {
  accepts,
  ALL,
  connect,
  connect5,
  malformed,
  OLD,
  publish5,
  refuses,
  violation,
  will5,
} from "./codec_refusals.ts";

for (
  const [name, digits] of [
    ["overlong", "c0 80"],
    ["a surrogate", "ed a0 80"],
    ["above U+10FFFF", "f4 90 80 80"],
    ["U+0000", "61 00"],
    ["cut short", "e2 82"],
  ]
) {
  const bad = field(hex(digits));
  const utf8 = (bytes: Uint8Array) => malformed(/well-formed UTF-8/, bytes);
  refuses(
    `ill-formed UTF-8 in every string: ${name}`,
    { ...utf8(packet(0x30, bad, "00")), versions: ALL },
    { ...utf8(packet(0x82, u16(1), bad, "00")), versions: OLD },
    utf8(packet(0x82, u16(1), "00", bad, "00")),
    utf8(packet(0xa2, u16(1), "00", bad)),
    utf8(packet(0x10, bad, u8(4), u8(2), u16(0), field("id"))),
    utf8(connect("MQTT", 4, 2, bad)),
    utf8(connect("MQTT", 4, 6, field("id"), bad, field(""))),
    utf8(connect("MQTT", 4, 0x82, field("id"), bad)),
    utf8(publish5(join("03", bad))),
    utf8(publish5(join("08", bad))),
    utf8(publish5(join("26", bad, field("v")))),
    utf8(publish5(join("26", field("n"), bad))),
    utf8(connect5(join("26", field("n"), bad))),
    utf8(connect5(join("15", bad))),
    utf8(will5("w", join("03", bad))),
    utf8(packet(0xe0, "00", properties([join("1f", bad)]))),
    utf8(packet(0x40, u16(1), "00", properties([join("1f", bad)]))),
  );
}

accepts(
  "a byte order mark and every plane of Unicode in a topic",
  OLD,
  packet(0x30, field("\ufeffa")),
  packet(0x30, field("\u{10ffff}\ud7ff\ue000")),
);

refuses("an ill-formed or impossible topic name", {
  says: /wildcard/,
  code: 0x90,
  bytes: packet(0x30, field("a/+"), "00"),
  versions: ALL,
}, {
  says: /wildcard/,
  code: 0x90,
  bytes: packet(0x30, field("a/#"), "00"),
  versions: ALL,
}, {
  ...violation(/neither a Topic Name nor/, packet(0x30, field(""), "00")),
  versions: ALL,
});

refuses(
  "a PUBLISH that ends too early",
  {
    ...malformed(/before or inside its Topic Name/, packet(0x30, "00")),
    versions: ALL,
  },
  {
    ...malformed(/before or inside its Topic Name/, packet(0x30)),
    versions: ALL,
  },
  {
    ...malformed(/before its payload/, packet(0x30, "00 02 61")),
    versions: ALL,
  },
  {
    ...malformed(/before its payload/, packet(0x32, field("t"), "00")),
    versions: ALL,
  },
  malformed(/no Property Length/, packet(0x30, field("t"))),
  malformed(/end inside a field/, packet(0x30, field("t"), "05 01")),
);

refuses("packet id 0", {
  ...violation(/packet identifier 0/, packet(0x32, field("t"), u16(0), "00")),
  versions: ALL,
}, {
  ...violation(/packet identifier 0/, packet(0x40, u16(0))),
  versions: ALL,
}, {
  ...violation(/packet identifier 0/, packet(0x62, u16(0))),
  versions: ALL,
}, {
  ...violation(/packet identifier 0/, packet(0x82, u16(0), field("a"), "00")),
  versions: OLD,
}, {
  ...violation(/packet identifier 0/, packet(0xa2, u16(0), field("a"))),
  versions: OLD,
});

refuses(
  "SUBSCRIBE and UNSUBSCRIBE without a filter",
  { ...violation(/no topic filter/, packet(0x82, u16(1))), versions: OLD },
  { ...violation(/no topic filter/, packet(0xa2, u16(1))), versions: OLD },
  violation(/no topic filter/, packet(0x82, u16(1), "00")),
  violation(/no topic filter/, packet(0xa2, u16(1), "00")),
);

function subscribe(options: number, ...front: Bytes[]): Uint8Array {
  return packet(0x82, u16(1), ...front, field("a"), u8(options));
}

refuses(
  "bad subscription options",
  {
    ...malformed(/reserved bits/, subscribe(0x04)),
    versions: OLD,
  },
  {
    ...malformed(/reserved bits/, subscribe(0x80)),
    versions: OLD,
  },
  {
    ...violation(/QoS 3/, subscribe(3)),
    versions: OLD,
  },
  malformed(/reserved bits/, subscribe(0x40, "00")),
  malformed(
    /reserved bits/,
    subscribe(0x80, "00"),
  ),
  violation(/QoS 3/, subscribe(3, "00")),
  violation(
    /Retain Handling 3/,
    subscribe(0x30, "00"),
  ),
);

refuses(
  "a SUBSCRIBE or UNSUBSCRIBE that ends inside a filter",
  {
    ...malformed(/end inside/, packet(0x82, u16(1), field("a"))),
    versions: OLD,
  },
  {
    ...malformed(/end inside/, packet(0xa2, u16(1), field("a"), "00")),
    versions: OLD,
  },
);

refuses(
  "acknowledgements of a wrong length or content",
  {
    ...malformed(
      /PUBACK has a Remaining Length of 3, not/,
      packet(0x40, u16(1), "00"),
    ),
    versions: OLD,
  },
  {
    ...malformed(
      /PUBREL has a Remaining Length of 4, not/,
      packet(0x62, u16(1), "00 00"),
    ),
    versions: OLD,
  },
  {
    ...malformed(/PUBREC has a Remaining Length of 1, not/, packet(0x50, "00")),
    versions: ALL,
  },
  {
    ...malformed(/PUBCOMP has a Remaining Length of 0, not/, packet(0x70)),
    versions: ALL,
  },
  malformed(/after its last field/, packet(0x40, u16(1), "00 00 00")),
  violation(
    /reason code 0x92/,
    packet(0x40, u16(1), "92"),
  ),
  violation(/reason code 0x01/, packet(0x50, u16(1), "01")),
  violation(
    /reason code 0x10/,
    packet(0x62, u16(1), "10"),
  ),
  violation(/reason code 0x10/, packet(0x70, u16(1), "10")),
);

accepts(
  "5.0 acknowledgements in lengths of 2, 3, 4 and more",
  [5],
  packet(0x40, u16(1)),
  packet(0x50, u16(1), "10"),
  packet(0x62, u16(1), "92 00"),
  packet(0x70, u16(1), "00", properties([property.reasonString("why")])),
);

refuses(
  "bytes behind the end of a packet",
  malformed(/after its last field/, connect("MQTT", 4, 2, field("id"), "00")),
  malformed(/after its last field/, connect("MQIsdp", 3, 2, field("id"), "00")),
  malformed(
    /after its last field/,
    join(packet(0x10, connect5().subarray(2), "00")),
  ),
  malformed(/after its last field/, packet(0xe0, "00 00 00")),
  { ...malformed(/after its last field/, packet(0xe0, "00")), versions: OLD },
);

refuses(
  "DISCONNECT with a reason code the sender does not have",
  violation(/not allowed in DISCONNECT/, packet(0xe0, "01")),
  violation(/not allowed in DISCONNECT/, packet(0xe0, "8e")),
  {
    ...violation(/not allowed in DISCONNECT/, packet(0xe0, "04")),
    fromServer: true,
  },
);

accepts(
  "5.0 DISCONNECT in lengths of 0, 1, 2 and more",
  [5],
  packet(0xe0),
  packet(0xe0, "04"),
  packet(0xe0, "00 00"),
  packet(0xe0, "00", properties([property.sessionExpiry(7)])),
);

const METHOD = properties([property.authenticationMethod("m")]);

refuses(
  "AUTH where it is not allowed, or wrong",
  {
    ...violation(/before version 5\.0 of MQTT/, packet(0xf0, "18", METHOD)),
    versions: OLD,
  },
  violation(/not allowed in AUTH/, packet(0xf0)),
  violation(
    /not allowed in AUTH/,
    packet(0xf0, "00", METHOD),
  ),
  violation(/not allowed in AUTH/, packet(0xf0, "1a", METHOD)),
  {
    ...violation(/not allowed in AUTH/, packet(0xf0, "19", METHOD)),
    fromServer: true,
  },
  violation(/no Authentication Method/, packet(0xf0, "18 00")),
);

refuses("what a client may not read either", {
  ...malformed(/flags of CONNACK are 2, not 0 or 1/, hex("20 02 02 00")),
  versions: [4],
  fromServer: true,
}, {
  ...violation(/code 0x06/, hex("20 02 00 06")),
  versions: OLD,
  fromServer: true,
}, {
  ...violation(/Session Present/, hex("20 02 01 05")),
  versions: [4],
  fromServer: true,
}, {
  ...violation(/code 0x03/, hex("90 03 00 01 03")),
  versions: OLD,
  fromServer: true,
}, {
  ...violation(/packet identifier 0/, hex("90 03 00 00 00")),
  versions: OLD,
  fromServer: true,
}, {
  ...violation(/no reason code/, hex("90 02 00 01")),
  versions: OLD,
  fromServer: true,
}, {
  ...malformed(/after its last field/, hex("b0 03 00 01 00")),
  versions: OLD,
  fromServer: true,
});
