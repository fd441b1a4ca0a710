import type { BatchEncoder } from "./batch_encoder.ts";
import type { BlockWriter } from "../blocks/block_writer.ts";
import type { Ledger } from "./ledger.ts";
import { GONE, type Pending } from "../notes/pending.ts";
import type {
  RetainedPlace,
  RetainedSource,
  StoredEntry,
} from "../model/state.ts";
import { writePlace } from "./write_pending.ts";

/** Noted bytes below which the space look ignores that some have ended. */
const FEW = 64 * 1024;

/** The progress of counting and writing the notes of one kind. */
class Progress<T> {
  #notes: readonly T[] = [];
  /** Notes before this one are counted in `bytes`. */
  counted = 0;
  /** Notes before this one are written, or need no writing ahead. */
  written = 0;
  /** Bytes of the notes from `written` to `counted`; about. */
  bytes = 0;

  /** Begins again when `notes` is another list than before. */
  of(notes: readonly T[]): void {
    if (notes === this.#notes) return;
    this.#notes = notes;
    this.counted = this.written = this.bytes = 0;
  }

  /** Counts all unwritten notes again: they may have changed. */
  recount(): void {
    this.counted = this.written;
    this.bytes = 0;
  }
}

/**
 * Cuts a long batch into commits of bounded size. The parts before the last
 * hold only what is valid alone: bodies, which mean nothing without an entry,
 * and retained messages. The last part holds the rest, so a crash between parts
 * leaves no session, entry or packet id without what belongs to it.
 *
 * Each note is counted and written once, however many parts there are.
 */
export class Parts {
  readonly #encoder: BatchEncoder;
  readonly #ledger: Ledger;
  readonly #writer: BlockWriter;
  readonly #most: number;
  /**
   * Bytes that the parts of this batch may still take; null before the first
   * part.
   */
  #budget: number | null = null;
  #entries: Progress<StoredEntry> = new Progress();
  #places: Progress<RetainedPlace> = new Progress();

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
   * Encodes a part of the notes in `pending`. Returns false, and encodes
   * nothing, when the rest fits into one commit.
   */
  encode(pending: Pending, retained: RetainedSource): boolean {
    // This counts too much, never too little, and spares the walk through the
    // notes.
    if (pending.bytes <= this.#most) return false;
    let bytes = this.#count(pending, retained);
    // Changes that arrive meanwhile must not delay the end of the batch.
    this.#budget ??= 2 * bytes;
    if (bytes <= this.#most) {
      this.#entries.recount();
      this.#places.recount();
      bytes = this.#count(pending, retained);
    }
    if (bytes <= this.#most || this.#budget <= 0) return false;
    this.#writeBodies(pending.entries.notes);
    this.#writePlaces(pending.places.notes, retained);
    this.#budget -= this.#writer.bytes;
    return this.#writer.bytes > 0;
  }

  /** Returns the bytes of messages that are noted and not on disk; about. */
  coming(pending: Pending, retained: RetainedSource): number {
    const { bytes } = pending;
    if (bytes < FEW) return bytes;
    return this.#count(pending, retained);
  }

  /** Notes that the last part is encoded. */
  end(): void {
    this.#budget = null;
    this.#forget();
    this.#encoder.endAhead();
  }

  #forget(): void {
    this.#entries = new Progress();
    this.#places = new Progress();
  }

  #count(pending: Pending, retained: RetainedSource): number {
    // Ended messages do not count, except within a batch of many parts.
    if (this.#budget === null) this.#forget();
    const { bodies } = this.#encoder;
    const entries = this.#entries;
    const { notes } = pending.entries;
    entries.of(notes);
    let previous = null;
    for (; entries.counted < notes.length; entries.counted++) {
      const entry = notes[entries.counted];
      const { message } = entry;
      if (message === previous || !needsBody(entry)) continue;
      previous = message;
      if (!bodies.has(message!)) entries.bytes += message!.size;
    }
    const places = this.#places;
    const noted = pending.places.notes;
    places.of(noted);
    for (; places.counted < noted.length; places.counted++) {
      places.bytes += sizeAt(noted[places.counted], retained);
    }
    return entries.bytes + places.bytes;
  }

  #hasRoom(size: number): boolean {
    const { bytes } = this.#writer;
    return bytes === 0 || bytes + size <= this.#most;
  }

  #writeBodies(notes: readonly StoredEntry[]): void {
    const { bodies } = this.#encoder;
    const entries = this.#entries;
    let previous = null;
    let at = entries.written;
    for (; at < notes.length; at++) {
      const { message } = notes[at];
      if (message === previous || !needsBody(notes[at])) continue;
      if (!bodies.has(message!)) {
        if (!this.#hasRoom(message!.size)) break;
        this.#encoder.bodyAhead(message!);
        entries.bytes -= message!.size;
      }
      previous = message;
    }
    entries.written = at;
  }

  #writePlaces(
    notes: readonly RetainedPlace[],
    retained: RetainedSource,
  ): void {
    const places = this.#places;
    let at = places.written;
    for (; at < notes.length; at++) {
      const size = sizeAt(notes[at], retained);
      if (!this.#hasRoom(size)) break;
      writePlace(notes[at], this.#encoder, this.#ledger, retained);
      places.bytes -= size;
    }
    places.written = at;
  }
}

/** Returns the bytes to be written for `place`. */
function sizeAt(place: RetainedPlace, retained: RetainedSource): number {
  // A noted place has a negative block.
  return place.block < 0 ? retained.messageAt(place)?.size ?? 0 : 0;
}

function needsBody(entry: StoredEntry): boolean {
  return entry.number === 0 && entry.block !== GONE && entry.message !== null &&
    entry.delivery.subscriber.slot !== null;
}
