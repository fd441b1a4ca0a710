import {
  type Bytes,
  field,
  join,
  packet,
  properties,
  property,
  u16,
} from "../support/bytes.ts";
import {
  accepts,
  connect5,
  malformed,
  publish5,
  refuses,
  violation,
  will5,
} from "./codec_refusals.ts";

const BOTH_SIDES: readonly Bytes[] = [
  property.payloadFormat(1),
  property.messageExpiry(1),
  property.contentType("a"),
  property.responseTopic("a"),
  property.correlationData("a"),
];

refuses(
  "a property that stands twice in PUBLISH or will",
  ...BOTH_SIDES.flatMap((one) => [
    violation(/duplicate property/, publish5(one, one)),
    violation(/duplicate property/, will5("w", one, one)),
  ]),
  violation(
    /duplicate property/,
    publish5(property.topicAlias(1), property.topicAlias(2)),
  ),
  violation(
    /duplicate property/,
    will5("w", property.willDelay(0), property.willDelay(0)),
  ),
);

const CONNECT_ONCE: readonly Bytes[] = [
  property.sessionExpiry(0),
  property.receiveMaximum(1),
  property.maximumPacketSize(1),
  property.topicAliasMaximum(0),
  property.requestResponse(0),
  property.requestProblem(0),
  property.authenticationMethod("m"),
];

refuses(
  "a property that stands twice in other packets",
  ...CONNECT_ONCE.map((one) =>
    violation(/duplicate property/, connect5(one, one))
  ),
  violation(
    /duplicate property/,
    packet(
      0x82,
      u16(1),
      properties([
        property.subscriptionIdentifier(1),
        property.subscriptionIdentifier(1),
      ]),
      field("a"),
      "00",
    ),
  ),
  violation(
    /duplicate property/,
    packet(
      0x40,
      u16(1),
      "00",
      properties([property.reasonString("a"), property.reasonString("a")]),
    ),
  ),
);

accepts(
  "user properties as often as one likes",
  [5],
  publish5(property.user("a", "1"), property.user("a", "1")),
  connect5(property.user("a", "1"), property.user("a", "1")),
);

refuses(
  "a property in the wrong packet",
  malformed(/not allowed in/, publish5(property.sessionExpiry(1))),
  malformed(/not allowed in/, publish5(property.willDelay(1))),
  malformed(/not allowed in/, will5("w", property.topicAlias(1))),
  malformed(/not allowed in/, will5("w", property.subscriptionIdentifier(1))),
  malformed(/not allowed in/, connect5(property.reasonString("a"))),
  malformed(/not allowed in/, connect5(property.willDelay(1))),
  malformed(/not allowed in/, connect5(join("13", u16(1)))),
  malformed(
    /not allowed in/,
    packet(
      0xa2,
      u16(1),
      properties([property.subscriptionIdentifier(1)]),
      field("a"),
    ),
  ),
  malformed(
    /not allowed in/,
    packet(0x40, u16(1), "00", properties([property.sessionExpiry(1)])),
  ),
  malformed(
    /not allowed in/,
    packet(0xe0, "00", properties([join("1c", field("elsewhere"))])),
  ),
  {
    // [MQTT-3.14.2-2]
    ...malformed(
      /not allowed in/,
      packet(0xe0, "00", properties([property.sessionExpiry(1)])),
    ),
    fromServer: true,
  },
);

refuses(
  "an unknown property",
  ...["00", "04", "0a", "2b", "7f", "80 01", "81 00"].flatMap((id) => [
    malformed(/not allowed in/, publish5(id)),
    malformed(/not allowed in/, connect5(id)),
  ]),
);

refuses(
  "a property that does not fit the property length",
  malformed(/end inside/, publish5("02 00 00")),
  malformed(/end inside/, publish5("03 00 05 61")),
  malformed(/end inside/, connect5("21 00")),
  // The next field's bytes are there, but not within the property length.
  malformed(
    /end inside/,
    packet(0x30, field("t"), "01 01", "01 70 61 79"),
  ),
  malformed(/shortest form/, packet(0x30, field("t"), "80 00")),
  malformed(/more than 4/, packet(0x30, field("t"), "ff ff ff ff 01")),
);

refuses(
  "a property value that is not allowed",
  violation(/is 2, not 0 or 1/, publish5(property.payloadFormat(2))),
  violation(/is 2, not 0 or 1/, will5("w", property.payloadFormat(2))),
  violation(/Response Topic \(0x08\)/, publish5(property.responseTopic(""))),
  violation(/Response Topic \(0x08\)/, publish5(property.responseTopic("a/+"))),
  violation(/Response Topic \(0x08\)/, publish5(property.responseTopic("#"))),
  violation(
    /Response Topic \(0x08\)/,
    will5("w", property.responseTopic("a#")),
  ),
  violation(/must not be 0/, connect5(property.receiveMaximum(0))),
  violation(/must not be 0/, connect5(property.maximumPacketSize(0))),
  violation(/is 2, not 0 or 1/, connect5(property.requestProblem(2))),
  violation(/is 2, not 0 or 1/, connect5(property.requestResponse(2))),
  violation(
    /without Authentication Method/,
    connect5(property.authenticationData("x")),
  ),
  violation(
    /must not be 0/,
    packet(
      0x82,
      u16(1),
      properties([property.subscriptionIdentifier(0)]),
      field("a"),
      "00",
    ),
  ),
  {
    says: /Topic Alias \(0x23\) must not be 0/,
    code: 0x94,
    bytes: publish5(property.topicAlias(0)),
  },
);

refuses(
  "a subscription identifier from a client",
  violation(
    /client's PUBLISH/,
    publish5(property.subscriptionIdentifier(1)),
  ),
  {
    ...violation(
      /Identifier \(0x0B\) must not be 0/,
      publish5(property.subscriptionIdentifier(0)),
    ),
    fromServer: true,
  },
);
