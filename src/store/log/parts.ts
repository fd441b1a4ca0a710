import type { BatchEncoder } from "./batch_encoder.ts";
import type { BlockWriter } from "../blocks/block_writer.ts";
import type { Ledger } from "./ledger.ts";
import { GONE, type Pending } from "./pending.ts";
import type { RetainedSource, StoredEntry } from "../model/state.ts";
import { writePlace } from "./write_pending.ts";

/** So few noted bytes that it does not matter which of them are over. */
const FEW = 64 * 1024;

/**
 * Cuts a long batch into commits of bounded size. The parts before the last
 * hold only what is valid without the rest: bodies, which mean nothing until
 * an entry refers to them, and retained messages, each for itself. The last
 * part holds all else, so that a crash between parts leaves no session, entry
 * or packet id without what belongs to it.
 */
export class Parts {
  readonly #encoder: BatchEncoder;
  readonly #ledger: Ledger;
  readonly #writer: BlockWriter;
  readonly #most: number;
  /** Bytes that the parts of this batch may still take; null before the first. */
  #budget: number | null = null;

  /** A part takes `most` bytes, or one message that is longer. */
  constructor(
    encoder: BatchEncoder,
    ledger: Ledger,
    writer: BlockWriter,
    most: number,
  ) {
    this.#encoder = encoder;
    this.#ledger = ledger;
    this.#writer = writer;
    this.#most = most;
  }

  /**
   * Encodes a part of what `pending` notes. Returns false, and encodes nothing,
   * when the rest fits into one commit.
   */
  encode(pending: Pending, retained: RetainedSource): boolean {
    // Counts too much, never too little: it spares the walk through the notes.
    if (pending.bytes <= this.#most) return false;
    const bytes = this.#count(pending, retained);
    // Changes that arrive meanwhile must not delay the end of the batch.
    this.#budget ??= 2 * bytes;
    if (bytes <= this.#most || this.#budget <= 0) return false;
    this.#write(pending, retained);
    this.#budget -= this.#writer.bytes;
    return true;
  }

  /** Returns the bytes of messages that are noted and not on disk; about. */
  coming(pending: Pending, retained: RetainedSource): number {
    const { bytes } = pending;
    return bytes < FEW ? bytes : this.#count(pending, retained);
  }

  #count(pending: Pending, retained: RetainedSource): number {
    const { bodies } = this.#encoder;
    let bytes = 0;
    let previous = null;
    for (const entry of pending.entries.notes) {
      const { message } = entry;
      if (message === previous || !needsBody(entry)) continue;
      previous = message;
      if (!bodies.has(message!)) bytes += message!.size;
    }
    for (const place of pending.places.notes) {
      if (place.block < 0) bytes += retained.messageAt(place)?.size ?? 0;
    }
    return bytes;
  }

  /** The last part has been encoded. */
  end(): void {
    this.#budget = null;
    this.#encoder.endAhead();
  }

  #write(pending: Pending, retained: RetainedSource): void {
    const writer = this.#writer;
    const most = this.#most;
    for (const entry of pending.entries.notes) {
      if (!needsBody(entry)) continue;
      if (writer.bytes > 0 && writer.bytes + entry.message!.size > most) return;
      this.#encoder.bodyAhead(entry.message!);
    }
    for (const place of pending.places.notes) {
      const size = retained.messageAt(place)?.size ?? 0;
      if (writer.bytes > 0 && writer.bytes + size > most) return;
      writePlace(place, this.#encoder, this.#ledger, retained);
    }
  }
}

function needsBody(entry: StoredEntry): boolean {
  return entry.number === 0 && entry.block !== GONE && entry.message !== null &&
    entry.delivery.subscriber.slot !== null;
}
