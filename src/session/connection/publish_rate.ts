/**
 * Bounds the PUBLISH rate of one client: a bucket of one second's worth that
 * fills evenly. It refuses no message; it returns when the next may come.
 */
export class PublishRate {
  /** Messages a second, 0 for no bound. */
  readonly messages: number;
  /** Bytes a second, 0 for no bound. */
  readonly bytes: number;
  /** Time from which on the next message is accepted, ms by `Clock.now`. */
  readyAt: number;
  readonly #messagesAMs: number;
  readonly #bytesAMs: number;
  #messages: number;
  #bytes: number;
  #at: number;

  /** Messages and bytes a second, 0 for no bound; `now` in ms. */
  constructor(messages: number, bytes: number, now: number) {
    this.#messagesAMs = messages === 0 ? Infinity : messages / 1000;
    this.#bytesAMs = bytes === 0 ? Infinity : bytes / 1000;
    this.#messages = this.#messagesAMs * 1000;
    this.#bytes = this.#bytesAMs * 1000;
    this.#at = now;
    this.messages = messages;
    this.bytes = bytes;
    this.readyAt = now;
  }

  /** Counts one message of `bytes`; returns the ms to wait, 0 for none. */
  take(bytes: number, now: number): number {
    const passed = now - this.#at;
    this.#at = now;
    this.#messages = Math.min(
      this.#messagesAMs * 1000,
      this.#messages + (passed === 0 ? 0 : passed * this.#messagesAMs),
    ) - 1;
    this.#bytes = Math.min(
      this.#bytesAMs * 1000,
      this.#bytes + (passed === 0 ? 0 : passed * this.#bytesAMs),
    ) - bytes;
    const forMessages = this.#messages >= 0
      ? 0
      : -this.#messages / this.#messagesAMs;
    const forBytes = this.#bytes >= 0 ? 0 : -this.#bytes / this.#bytesAMs;
    const wait = Math.ceil(Math.max(forMessages, forBytes));
    this.readyAt = now + wait;
    return wait;
  }
}
