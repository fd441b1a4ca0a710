import { Buffer } from "node:buffer";
import { hmac } from "./digests.ts";

/** Facts about a user that the first answer of an exchange shows. */
export interface Shape {
  /** Rounds of PBKDF2. */
  readonly iterations: number;
  /** Bytes of the salt, at least 1. */
  readonly saltBytes: number;
}

/** Answer of an exchange under an unknown name. */
export interface StandIn {
  readonly salt: Uint8Array<ArrayBuffer>;
  readonly iterations: number;
  readonly key: Uint8Array<ArrayBuffer>;
  readonly serverKey: Uint8Array<ArrayBuffer>;
}

/** Shapes that names are given; rarer ones are left out. */
const MOST_SHAPES = 16;

/**
 * Makes up salt and iterations for names that no user has (RFC 5802, 9). All
 * comes from a random key, never from a secret of a user: a peer that asks for
 * a name gets nothing to test guesses against. One name always gets the same
 * answer, whatever link gives it.
 */
export class StandIns {
  readonly #key: Uint8Array;
  readonly #counts = new Map<string, { shape: Shape; count: number }>();
  #shapes: readonly { shape: Shape; count: number }[] | null = null;

  /** @param key 32 random bytes; the same after a restart where they can be. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** Counts a user, so that as many made-up names look like this one. */
  add(shape: Shape): void {
    const name = nameOf(shape);
    const { count } = this.#counts.get(name) ?? { count: 0 };
    this.#counts.set(name, { shape, count: count + 1 });
    this.#shapes = null;
  }

  /** Returns the salt of `name`, of as many bytes. */
  salt(name: string, bytes: number): Uint8Array<ArrayBuffer> {
    const salt = new Uint8Array(bytes);
    for (let at = 0; at < bytes; at += 32) {
      const part = this.#made(`salt ${at}`, name);
      salt.set(part.subarray(0, bytes - at), at);
    }
    return salt;
  }

  /** The stand-in for `name`; `usual` is its shape where no user was counted. */
  of(name: string, usual: Shape): StandIn {
    const { iterations, saltBytes } = this.#shapeOf(name) ?? usual;
    return {
      salt: this.salt(name, saltBytes),
      iterations,
      key: this.#made("stored", name),
      serverKey: this.#made("server", name),
    };
  }

  /**
   * Draws a shape as often as users have it, by weighted rendezvous: a user
   * more or less changes the answers for few names.
   */
  #shapeOf(name: string): Shape | null {
    const shapes = this.#shapes ??= [...this.#counts.values()]
      .sort((one, other) => other.count - one.count).slice(0, MOST_SHAPES);
    if (shapes.length < 2) return shapes.at(0)?.shape ?? null;
    let [best, least] = [shapes[0].shape, Infinity];
    for (const { shape, count } of shapes) {
      const drawn = Buffer.from(this.#made(`shape ${nameOf(shape)}`, name));
      const score = -Math.log((drawn.readUIntBE(0, 6) + 1) / 2 ** 48) / count;
      if (score < least) [best, least] = [shape, score];
    }
    return best;
  }

  #made(what: string, name: string): Uint8Array<ArrayBuffer> {
    return hmac(this.#key, `${what} ${name}`);
  }
}

function nameOf({ iterations, saltBytes }: Shape): string {
  return `${iterations}/${saltBytes}`;
}
