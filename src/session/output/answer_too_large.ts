import { ReasonCode } from "../../mqtt/mod.ts";
import { ClosingError } from "../core/reasons.ts";

/**
 * An answer that must not be sent, as it is larger than its client accepts
 * [MQTT-3.1.2-24]. The client would wait for ever: the connection ends.
 */
export class AnswerTooLarge extends ClosingError {
  constructor(packet: string, length: number, most: number) {
    super(
      "answer-too-large",
      ReasonCode.PacketTooLarge,
      `${packet} has ${length} bytes, and Maximum Packet Size (0x27) of the ` +
        `client is ${most}`,
    );
  }
}

/**
 * Checks, before any effect, that the client accepts the answer.
 *
 * @param packet The name of the answer, like `SUBACK`.
 * @param length Its length in bytes.
 * @throws {AnswerTooLarge} for a larger one.
 */
export function checkAnswer(
  { sendLimit }: { readonly sendLimit: number },
  packet: string,
  length: number,
): void {
  if (length > sendLimit) throw new AnswerTooLarge(packet, length, sendLimit);
}
