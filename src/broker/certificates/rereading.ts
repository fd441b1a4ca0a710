import type { BrokerLog } from "../broker_log.ts";

/**
 * Files that are read again while the broker runs: what cannot be used changes
 * nothing, and is told of once, until it is right or wrong in another way.
 */
export class Rereading {
  readonly #where: string;
  readonly #log: BrokerLog;
  readonly #stays: string;
  #fault: string | null = null;

  /** `where` names them in the log; `stays`, a sentence, what goes on to hold. */
  constructor(
    where: string,
    log: BrokerLog,
    stays = "What was read before stays in force.",
  ) {
    this.#where = where;
    this.#log = log;
    this.#stays = stays;
  }

  /** Runs `read`, which rejects with what is wrong; never rejects itself. */
  async attempt(read: () => Promise<void>): Promise<void> {
    try {
      await read();
      this.#fault = null;
    } catch (error) {
      const { message } = error as Error;
      if (this.#fault === message) return;
      this.#fault = message;
      this.#log.trouble(this.#where, new Error(`${message}. ${this.#stays}`));
    }
  }
}
