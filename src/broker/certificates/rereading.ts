import { codeOf, type ErrorCode } from "../../errors/mod.ts";
import type { BrokerLog } from "../status/broker_log.ts";

/** The code of a fault that has none of its own. */
const FAULT = "certificate-invalid";

/**
 * Files that the broker reads again while it runs. An unusable file changes
 * nothing; each new fault is reported once.
 */
export class Rereading {
  readonly #stays: string;
  readonly #onChange: (fault: string | null, code: ErrorCode) => void;
  #fault: string | null = null;

  /**
   * `where` names them in the log; `stays`, a sentence, what goes on to hold.
   * `onChange` receives each new fault instead of the log, and null when the
   * files can be used again.
   */
  constructor(
    where: string,
    log: BrokerLog,
    stays = "The files read before stay in force.",
    onChange: ((fault: string | null) => void) | null = null,
  ) {
    this.#stays = stays;
    this.#onChange = onChange ?? ((fault, code) => {
      if (fault === null) return;
      log.trouble(where, new Error(fault), code, "certificates");
    });
  }

  /** Runs `read`, which rejects with what is wrong; never rejects itself. */
  async attempt(read: () => Promise<void>): Promise<void> {
    try {
      await read();
      if (this.#fault === null) return;
      this.#fault = null;
      this.#onChange(null, FAULT);
    } catch (error) {
      const { message } = error as Error;
      if (this.#fault === message) return;
      this.#fault = message;
      this.#onChange(`${message}. ${this.#stays}`, codeOf(error, FAULT));
    }
  }
}
