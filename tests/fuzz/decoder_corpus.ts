import {
  field,
  join,
  packet,
  properties,
  property as p,
  u16,
  u8,
} from "../support/bytes.ts";

/** Whole packets of MQTT 3.1 and 3.1.1, of both sides, each of them correct. */
export const OLD_CORPUS: readonly Uint8Array[] = [
  packet(0x10, field("MQIsdp"), "03 02 003c", field("old")),
  packet(0x10, field("MQTT"), "04 02 003c", field("id")),
  packet(
    0x10,
    field("MQTT"),
    "04 ee 003c",
    field("id"),
    ...[field("will/t"), field("bye"), field("user"), field("pass")],
  ),
  packet(0x10, field("MQTT"), "84 02 003c", field("bridge")),
  packet(0x20, "01 00"),
  packet(0x30, field("a/b"), "706179"),
  packet(0x31, field("site/7/meter/12"), new Uint8Array(150)),
  packet(0x32, field("a/b"), u16(1), "78"),
  packet(0x3d, field("a/é/\u{1f426}"), u16(65_535)),
  packet(0x40, u16(1)),
  packet(0x50, u16(2)),
  packet(0x62, u16(3)),
  packet(0x70, u16(4)),
  packet(0x82, u16(5), field("a/+"), "01", field("#"), "02"),
  packet(0x90, u16(5), "01 80"),
  packet(0xa2, u16(6), field("a/+"), field("#")),
  packet(0xb0, u16(6)),
  packet(0xc0),
  packet(0xd0),
  packet(0xe0),
];

const MESSAGE = [
  p.payloadFormat(1),
  p.messageExpiry(60),
  p.contentType("text/plain"),
  p.responseTopic("a/answer"),
  p.correlationData("12345"),
  p.user("name", "value"),
  p.user("name", "välue"),
];
const REASON = [p.reasonString("because"), p.user("a", "b")];

/** Whole packets of MQTT 5.0, of both sides, each of them correct. */
export const NEW_CORPUS: readonly Uint8Array[] = [
  packet(0x10, field("MQTT"), "05 02 003c 00", field("id")),
  packet(
    0x10,
    field("MQTT"),
    "05 ee 003c",
    properties([
      ...[p.sessionExpiry(3_600), p.receiveMaximum(20), p.topicAliasMaximum(9)],
      ...[p.maximumPacketSize(9_999), p.requestProblem(0), p.user("n", "v")],
      ...[p.requestResponse(1), p.authenticationMethod("SCRAM-SHA-256")],
      p.authenticationData("n,,n=user"),
    ]),
    field("id"),
    properties([p.willDelay(5), ...MESSAGE]),
    ...[field("will/t"), field("bye"), field("user"), field("pass")],
  ),
  packet(
    0x20,
    "00 00",
    properties([
      ...[p.sessionExpiry(10), p.receiveMaximum(5), join("24 01 25 00")],
      ...[join("12", field("auto-1")), join("13", u16(30)), join("28 00")],
      ...[join("29 01"), join("2a 00"), join("1a", field("reply/"))],
      join("1c", field("elsewhere:1883")),
    ]),
  ),
  packet(0x30, field("a/b"), "00", "706179"),
  packet(0x32, field("a/b"), u16(1), properties(MESSAGE), "706179"),
  packet(0x34, field(""), u16(7), properties([p.topicAlias(3)]), "00 01"),
  packet(
    0x33,
    field("a"),
    u16(7),
    properties([p.user("a", "1"), p.topicAlias(3), p.messageExpiry(1)]),
  ),
  packet(
    0x30,
    field("a"),
    properties([
      p.subscriptionIdentifier(1),
      p.contentType("x"),
      p.subscriptionIdentifier(268_435_455),
    ]),
  ),
  packet(0x40, u16(1)),
  packet(0x40, u16(1), "10"),
  packet(0x50, u16(2), "97", properties(REASON)),
  packet(0x62, u16(3), "92 00"),
  packet(0x70, u16(4), "00", properties(REASON)),
  packet(
    0x82,
    u16(5),
    properties([p.subscriptionIdentifier(200)]),
    ...[field("$share/g/a/+"), "1a", field("#"), "2e"],
  ),
  packet(0x90, u16(5), properties(REASON), "01 a2"),
  packet(0xa2, u16(6), properties([p.user("a", "b")]), field("a/+")),
  packet(0xb0, u16(6), "00", "00 11"),
  packet(0xc0),
  packet(0xd0),
  packet(0xe0),
  packet(0xe0, "04", properties([p.sessionExpiry(60), ...REASON])),
  packet(0xe0, "8b", properties([join("1c", field("b")), ...REASON])),
  packet(
    0xf0,
    u8(0x18),
    properties([p.authenticationMethod("m"), p.authenticationData("d")]),
  ),
];
