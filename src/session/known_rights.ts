import { type Rights, RIGHTS_END } from "../security/mod.ts";

/** Places to begin with; they double as pairs come. */
const FIRST = 1024;

/** The most places: 16 bytes each. */
const MOST = 2 ** 20;

/**
 * What sessions may do with topics, for the pairs that were asked for last.
 * One table for all of them, so that its bound is one number; a pair has one
 * place, and whoever comes there later takes it over.
 */
export class KnownRights {
  /** Two to a place: the topic's number, then the session's and the rights. */
  #places = new Float64Array(2 * FIRST);
  #mask = FIRST - 1;
  /** Pairs that were pushed out since it grew. */
  #pushedOut = 0;

  /** Places there are now. */
  get size(): number {
    return this.#mask + 1;
  }

  /**
   * What is known of the topic and the session with these numbers, both at
   * least 1, the session's below 2^34; -1 when nothing is.
   */
  find(topic: number, session: number): Rights | -1 {
    const at = placeOf(topic, session) & this.#mask;
    const places = this.#places;
    if (places[2 * at] !== topic) return -1;
    const rights = places[2 * at + 1] - session * RIGHTS_END;
    return rights >= 0 && rights < RIGHTS_END ? rights : -1;
  }

  /** Remembers it; another pair may be forgotten. */
  note(topic: number, session: number, rights: Rights): void {
    let at = placeOf(topic, session) & this.#mask;
    const before = this.#places[2 * at];
    if (before !== 0 && ++this.#pushedOut > this.#mask >> 1) {
      this.#pushedOut = 0;
      if (this.#mask + 1 < MOST) this.#grow();
      at = placeOf(topic, session) & this.#mask;
    }
    this.#places[2 * at] = topic;
    this.#places[2 * at + 1] = session * RIGHTS_END + rights;
  }

  /** Forgets everything: the answers may be others now. */
  clear(): void {
    this.#places = new Float64Array(2 * FIRST);
    this.#mask = FIRST - 1;
    this.#pushedOut = 0;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Float64Array(before.length * 2);
    this.#mask = this.#mask * 2 + 1;
    for (let i = 0; i < before.length; i += 2) {
      if (before[i] === 0) continue;
      const session = Math.floor(before[i + 1] / RIGHTS_END);
      const at = placeOf(before[i], session) & this.#mask;
      this.#places[2 * at] = before[i];
      this.#places[2 * at + 1] = before[i + 1];
    }
  }
}

/** Both count up by one: multiplied, they spread over all bits. */
function placeOf(topic: number, session: number): number {
  const mixed = Math.imul(topic, 0x9e3779b1) ^ Math.imul(session, 0x85ebca6b);
  return mixed ^ mixed >>> 15;
}
