import type { Clock } from "../../clock/mod.ts";
import {
  type AdminNote,
  AdminRefusal,
  type AskName,
  type Asks,
  type Figures,
  pack,
  type Refused,
} from "../protocol/mod.ts";

/** Questions that wait for the broker's thread at a time. */
const MOST = 64;

/** The answer is not waited for any longer (ms). */
const PATIENCE = 30_000;

/** Figures older than this show that the broker's thread stands still (ms). */
const SILENCE = 15_000;

/** JSON that was not read: it is passed on as it is. */
export class JsonText {
  readonly text: string;

  /** `text` is JSON. */
  constructor(text: string) {
    this.text = text;
  }
}

interface Waiting {
  readonly resolve: (text: JsonText) => void;
  readonly reject: (error: Error) => void;
}

/** The worker's end of the channel to the broker's thread. */
export class BrokerLink {
  readonly #post: (text: string) => void;
  readonly #clock: Clock;
  readonly #waiting = new Map<string, Waiting>();
  #next = 1;
  #figures: string | null = null;
  #figuresAt = -Infinity;

  constructor(post: (text: string) => void, clock: Clock) {
    this.#post = post;
    this.#clock = clock;
  }

  /**
   * Asks the handler `name`. Resolves to its result as JSON. Rejects with
   * `AdminRefusal`: that of the handler, 503 when too many wait, 504 when the
   * broker's thread does not answer within 30 s.
   */
  async ask<Name extends AskName>(
    name: Name,
    request: Asks[Name]["request"],
  ): Promise<JsonText> {
    if (this.#waiting.size >= MOST) {
      throw new AdminRefusal(503, "busy", "too many requests wait; try again");
    }
    const id = String(this.#next++);
    const { promise, resolve, reject } = Promise.withResolvers<JsonText>();
    const cancel = this.#clock.after(PATIENCE, () => {
      const detail = "the broker does not answer: its thread is busy";
      reject(new AdminRefusal(504, "broker-silent", detail));
    });
    this.#waiting.set(id, { resolve, reject });
    this.#post(pack(["ask", id, name], request));
    try {
      return await promise;
    } finally {
      cancel();
      this.#waiting.delete(id);
    }
  }

  /** The same for a caller that reads the result. */
  async askFor<Name extends AskName>(
    name: Name,
    request: Asks[Name]["request"],
  ): Promise<Asks[Name]["result"]> {
    return JSON.parse((await this.ask(name, request)).text);
  }

  /** Takes the result of the question `id`, as JSON. */
  answered(id: string, body: string): void {
    this.#waiting.get(id)?.resolve(new JsonText(body));
  }

  /** Takes the refusal of the question `id`, as JSON. */
  refused(id: string, body: string): void {
    const { status, code, detail } = JSON.parse(body) as Refused;
    this.#waiting.get(id)?.reject(new AdminRefusal(status, code, detail));
  }

  /** Writes a line to the broker's log. */
  note(note: AdminNote): void {
    this.#post(pack(["note"], note));
  }

  /** Tells the broker which channels event streams read. */
  channels(names: readonly string[]): void {
    this.#post(pack(["channels"], names));
  }

  /** The latest figures, as JSON; null before the first. */
  get figures(): string | null {
    return this.#figures;
  }
  set figures(text: string | null) {
    this.#figures = text;
    this.#figuresAt = this.#clock.now();
  }

  /** The latest figures; null when there are none, or the broker is silent. */
  get presentFigures(): Figures | null {
    const age = this.#clock.now() - this.#figuresAt;
    if (this.#figures === null || age > SILENCE) return null;
    return JSON.parse(this.#figures) as Figures;
  }
}
