import { decodeUtf8, PropertyId } from "../../../mqtt/mod.ts";

/** Properties of an application message (MQTT 5.0, 3.3.2.3); absent: not set. */
export interface MessageProperties {
  /** Payload Format Indicator (0x01): 1 for UTF-8. */
  readonly payloadFormatIndicator?: number;
  /** Content Type (0x03). */
  readonly contentType?: string;
  /** Response Topic (0x08). */
  readonly responseTopic?: string;
  /** Correlation Data (0x09), in Base64. */
  readonly correlationData?: string;
  /** User Properties (0x26); names may repeat. */
  readonly userProperties?: readonly (readonly [string, string])[];
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** Returns the properties of a stored message, which the codec has checked. */
export function readProperties(bytes: Uint8Array): MessageProperties {
  const read: Mutable<MessageProperties> = {};
  const users: [string, string][] = [];
  let at = 0;
  const field = () => {
    const length = bytes[at] << 8 | bytes[at + 1];
    at += 2 + length;
    return bytes.subarray(at - length, at);
  };
  const text = () => {
    const part = field();
    return decodeUtf8(part, 0, part.length);
  };
  while (at < bytes.length) {
    switch (bytes[at++]) {
      case PropertyId.PayloadFormatIndicator:
        read.payloadFormatIndicator = bytes[at++];
        break;
      case PropertyId.ContentType:
        read.contentType = text();
        break;
      case PropertyId.ResponseTopic:
        read.responseTopic = text();
        break;
      case PropertyId.CorrelationData:
        read.correlationData = field().toBase64();
        break;
      case PropertyId.UserProperty:
        users.push([text(), text()]);
        break;
      default:
        // Messages have no other property: the rest has no meaning here.
        at = bytes.length;
    }
  }
  if (users.length > 0) read.userProperties = users;
  return read;
}
