import { ReasonCode } from "../../mqtt/mod.ts";
import { ClosingError } from "../core/closing_error.ts";

/**
 * An answer that is larger than its client takes, and so is not sent
 * [MQTT-3.1.2-24]. The client would wait for it for ever: the connection ends.
 */
export class AnswerTooLarge extends ClosingError {
  constructor(packet: string, length: number, most: number) {
    super(
      "answer-too-large",
      ReasonCode.PacketTooLarge,
      `${packet} takes ${length} bytes, and Maximum Packet Size (0x27) of ` +
        `this client is ${most}`,
    );
  }
}

/**
 * Looks before any effect whether the client takes the answer.
 *
 * @param packet The name of the answer, like `SUBACK`.
 * @param length Its length in bytes.
 * @throws {AnswerTooLarge} where it does not.
 */
export function checkAnswer(
  { sendLimit }: { readonly sendLimit: number },
  packet: string,
  length: number,
): void {
  if (length > sendLimit) throw new AnswerTooLarge(packet, length, sendLimit);
}
