import { PropertyId, type UserProperty } from "../../mqtt/mod.ts";
import { ByteWriter } from "./byte_writer.ts";

/** Properties of a message that every receiver gets (3.3.2.3). */
export interface MessageProperties {
  /** Payload Format Indicator (0x01). */
  readonly payloadFormatIndicator?: 0 | 1;
  /** Content Type (0x03). */
  readonly contentType?: string;
  /** Response Topic (0x08); a valid topic name. */
  readonly responseTopic?: string;
  /** Correlation Data (0x09). */
  readonly correlationData?: Uint8Array;
  /** User Property (0x26), in this order. */
  readonly userProperties?: readonly UserProperty[];
}

/**
 * Returns the properties as `Message.properties` has them, without their length.
 *
 * @throws {RangeError} for a text or data of more than 65,535 bytes.
 */
export function encodeMessageProperties(
  properties: MessageProperties,
): Uint8Array {
  const writer = new ByteWriter();
  const { payloadFormatIndicator: format, contentType } = properties;
  if (format !== undefined) {
    writer.uint8(PropertyId.PayloadFormatIndicator);
    writer.uint8(format);
  }
  if (contentType !== undefined) {
    writer.uint8(PropertyId.ContentType);
    writer.utf8(contentType);
  }
  const { responseTopic, correlationData, userProperties } = properties;
  if (responseTopic !== undefined) {
    writer.uint8(PropertyId.ResponseTopic);
    writer.utf8(responseTopic);
  }
  if (correlationData !== undefined) {
    writer.uint8(PropertyId.CorrelationData);
    writer.binary(correlationData);
  }
  for (const [name, value] of userProperties ?? []) {
    writer.uint8(PropertyId.UserProperty);
    writer.utf8(name);
    writer.utf8(value);
  }
  return writer.content();
}
