import type { Random } from "../../support/random.ts";
import type { Node } from "./node.ts";

/** The disk writes so many bytes all or not at all. */
const SECTOR = 512;

/** One change that the disk has not confirmed. */
type Change =
  | { readonly at: number; readonly bytes: Uint8Array }
  | { readonly length: number };

/**
 * Bytes as programs see them, and what of them is on disk. A crash keeps what
 * was synced; of each later change it keeps all, nothing, or single sectors.
 */
export class SimulatedFile implements Node {
  #bytes: Uint8Array = new Uint8Array(0);
  #onDisk: Uint8Array = new Uint8Array(0);
  #changes: Change[] = [];

  get size(): number {
    return this.#bytes.length;
  }

  /** Copies what is at `at` to `into`; returns the count of bytes. */
  read(at: number, into: Uint8Array): number {
    const bytes = this.#bytes.subarray(at, at + into.length);
    into.set(bytes);
    return bytes.length;
  }

  /** Writes `bytes` at `at`. */
  write(at: number, bytes: Uint8Array): void {
    this.#change({ at, bytes: bytes.slice() });
  }

  /** Cuts the file, or makes it longer with zeros. */
  truncate(length: number): void {
    this.#change({ length });
  }

  /** All that was written is on disk from now on. */
  sync(): void {
    for (const change of this.#changes) {
      this.#onDisk = changed(this.#onDisk, change);
    }
    this.#changes = [];
  }

  /**
   * A sync that failed: the system counts the pages as written from now on,
   * so that no later sync brings them to the disk.
   */
  failSync(random: Random): void {
    this.#changes = this.#changes.filter(() => random.chance(0.5));
  }

  crash(random: Random): void {
    const fate = random.below(4);
    if (fate === 3 && this.#changes.length > 0) this.#tear(random);
    else {
      for (const change of this.#changes) {
        if (fate === 0 || (fate === 1 && random.chance(0.3))) break;
        this.#onDisk = changed(this.#onDisk, change);
      }
    }
    this.#changes = [];
    this.#bytes = this.#onDisk.slice();
  }

  /** Flips one bit of what is on disk, as a worn disk does. */
  flip(random: Random): void {
    if (this.#onDisk.length === 0) return;
    this.#onDisk = this.#onDisk.slice();
    this.#onDisk[random.below(this.#onDisk.length)] ^= 1 << random.below(8);
    this.#bytes = this.#onDisk.slice();
  }

  /** Some sectors reach the disk as they are now; between them are zeros. */
  #tear(random: Random): void {
    const bytes = this.#bytes;
    for (let at = 0; at < bytes.length; at += SECTOR) {
      if (!random.chance(0.6)) continue;
      const part = bytes.slice(at, at + SECTOR);
      this.#onDisk = changed(this.#onDisk, { at, bytes: part });
    }
  }

  #change(change: Change): void {
    this.#changes.push(change);
    this.#bytes = changed(this.#bytes, change);
  }
}

function changed(bytes: Uint8Array, change: Change): Uint8Array {
  const length = "length" in change
    ? change.length
    : Math.max(bytes.length, change.at + change.bytes.length);
  const result = new Uint8Array(length);
  result.set(bytes.subarray(0, length));
  if ("bytes" in change) result.set(change.bytes, change.at);
  return result;
}
