import type { Message } from "../../mqtt/mod.ts";
import {
  type AckType,
  measurePublish,
  type PublishHead,
  writeAck,
  writePublishHead,
} from "../../codec/mod.ts";
import { broken } from "../../errors/mod.ts";
import type { ByteStream } from "../../transport/mod.ts";
import { giveBack, LARGEST, lend } from "./buffers.ts";
import type { Counters } from "../core/counters.ts";
import type { CommitBarrier } from "../core/durability.ts";
import type { PacketTrace } from "../core/packet_trace.ts";
import type { Turn } from "../core/turn.ts";

/** Payload length from which on the outbox writes the bytes without a copy. */
const BY_REFERENCE = 16384;

/** Waiting bytes above which the outbox asks its sources to hold back. */
const HIGH = 1024 * 1024;

/** Run length below which a loop copies faster than `set`. */
const LOOP_COPY = 64;

/** The connection of an outbox. */
export interface OutboxOwner {
  /** The outbox has room again after it held back its sources. */
  drained(): void;
  /** The stream refused to take more. */
  broken(error: unknown): void;
  /** An error of the broker's own ends all writing. */
  crashed(error: unknown): void;
}

/** A filled piece that waits for its write. */
interface Piece {
  bytes: Uint8Array;
  start: number;
  end: number;
  /** Whether `bytes` is lent and goes back after the write. */
  lent: boolean;
  /** The batch whose commit has to come before the write. */
  batch: number;
  /** The pass of its first message, as `Outbox.#since`. */
  since: number;
}

/**
 * Bytes on their way to one client; only the outbox writes to its stream.
 *
 * While one piece is being written, another fills. A pass writes no bytes:
 * appending marks the outbox touched, and `Turn` flushes it once. Frames that
 * are passed on unchanged and follow one another in the read chunk form a *run*,
 * which `seal` copies at once.
 */
export class Outbox {
  readonly #stream: ByteStream;
  readonly #turn: Turn;
  readonly #counters: Counters;
  readonly #owner: OutboxOwner;
  /** Null in modes that acknowledge at once. */
  #barrier: CommitBarrier | null;
  /** Bytes at which it holds back its sources, until a quarter is left. */
  #high: number;
  #batch = 0;
  /** The batch whose commit it waits for. */
  #waitsFor = 0;
  #buffer: Uint8Array | null = null;
  #length = 0;
  #pieces: Piece[] = [];
  #writing: Piece | null = null;
  #run: Uint8Array | null = null;
  #runStart = 0;
  #runEnd = 0;
  /** The pass of the first message that is in no piece; -1 for none. */
  #since = -1;
  #ended = false;
  #wasHeld = false;
  #whenEmpty: (() => void) | null = null;
  /** Estimated bytes of one flush. */
  #usual = 0;
  /** Sees each packet as it is appended; null for none. */
  trace: PacketTrace | null = null;
  /** Whether `Turn` already knows of it. */
  touched = false;
  /** Bytes appended and not yet taken by the stream. */
  waiting = 0;
  /** Bytes that the stream took. */
  bytesSent = 0;

  constructor(
    stream: ByteStream,
    turn: Turn,
    counters: Counters,
    owner: OutboxOwner,
    barrier: CommitBarrier | null = null,
    maximum = HIGH,
  ) {
    this.#stream = stream;
    this.#turn = turn;
    this.#counters = counters;
    this.#owner = owner;
    this.#barrier = barrier;
    this.#high = Math.min(HIGH, maximum);
  }

  /** Sets the bytes that may wait, at least 1. */
  set maximum(bytes: number) {
    // A higher bound ends the hold, and its sources still wait for `drained`.
    this.#noteHold();
    this.#high = Math.min(HIGH, bytes);
  }

  /** Sets the commits to wait for; before the first bytes are appended. */
  set barrier(barrier: CommitBarrier | null) {
    this.#barrier = barrier;
  }

  /** Returns whether sources that can wait should wait, until `drained`. */
  get held(): boolean {
    return this.waiting >= this.#high;
  }

  /**
   * Returns whether to drop a message that cannot wait: this client has left
   * `maximum` bytes unread, or all clients together have, and it has its part in
   * that.
   */
  isFull(maximum: number, allTogether: number): boolean {
    return this.waiting > maximum ||
      (this.waiting > HIGH && this.#counters.outboundBytes > allTogether);
  }

  /**
   * Has bytes appended from now on wait for the commit of all changes noted until
   * now; earlier bytes do not wait.
   */
  waitForCommit(): void {
    const barrier = this.#barrier;
    if (barrier === null || barrier.batch === this.#batch) return;
    this.seal();
    this.#push();
    this.#batch = barrier.batch;
  }

  /** Returns whether bytes in it wait for a commit. */
  get waitsForCommit(): boolean {
    return this.#barrier !== null && this.waiting > 0 &&
      this.#batch > this.#barrier.committed;
  }

  /** Appends a frame of a chunk unchanged; see `seal`. */
  appendRun(chunk: Uint8Array, start: number, end: number): void {
    if (this.trace !== null) this.trace.sent(chunk, start, end);
    this.#count(end - start);
    if (this.#run === chunk && this.#runEnd === start) {
      this.#runEnd = end;
      return;
    }
    this.#noteMessage();
    if (this.#run === null) this.#turn.runOpened(this);
    else this.#copyRun();
    this.#run = chunk;
    this.#runStart = start;
    this.#runEnd = end;
    if (!this.touched) this.#turn.touch(this);
  }

  /** Copies the open run; its chunk may then be reused. */
  seal(): void {
    if (this.#run === null) return;
    this.#copyRun();
    this.#run = null;
  }

  /** Appends a copy of `bytes`. */
  append(bytes: Uint8Array): void {
    if (this.trace !== null) this.trace.sent(bytes, 0, bytes.length);
    if (this.#run !== null) this.seal();
    this.#copy(bytes, 0, bytes.length);
    this.#count(bytes.length);
    if (!this.touched) this.#turn.touch(this);
  }

  /** Appends an acknowledgement of four bytes. */
  appendAck(type: AckType, packetId: number): void {
    if (this.#run !== null) this.seal();
    const at = this.#reserve(4);
    this.#length = writeAck(this.#buffer!, at, type, packetId);
    if (this.trace !== null) this.trace.sent(this.#buffer!, at, at + 4);
    this.#count(4);
    if (!this.touched) this.#turn.touch(this);
  }

  /**
   * Appends a PUBLISH, or nothing when it would be longer than `limit` bytes.
   * Returns whether it was appended.
   */
  appendPublish(head: PublishHead, message: Message, limit: number): boolean {
    const total = measurePublish(head, message);
    if (total > limit) return false;
    this.#noteMessage();
    if (this.trace !== null) this.trace.sentPublish(head, message, total);
    if (this.#run !== null) this.seal();
    const payload = message.payloadEnd - message.payloadStart;
    const at = this.#reserve(total - payload);
    this.#length = writePublishHead(head, message, this.#buffer!, at);
    if (payload >= BY_REFERENCE) {
      const kept = message.keep();
      this.#push();
      this.#pieces.push({
        bytes: kept.bytes,
        start: kept.payloadStart,
        end: kept.payloadEnd,
        lent: false,
        batch: this.#batch,
        since: this.#since,
      });
    } else {
      this.#copy(message.bytes, message.payloadStart, message.payloadEnd);
    }
    this.#count(total);
    if (!this.touched) this.#turn.touch(this);
    return true;
  }

  /** Hands the next piece to the stream, unless one is under way. */
  flush(): void {
    this.touched = false;
    this.#usual = Math.max(this.waiting, this.#usual >> 1);
    if (this.#writing === null && !this.#ended) this.#write();
  }

  /** Ends the connection because of an error in a seal, flush or write. */
  readonly failed = (error: unknown): void => this.#owner.crashed(error);

  /** Calls `task` once everything appended so far has been written. */
  whenEmpty(task: () => void): void {
    if (this.waiting === 0 || this.#ended) task();
    else this.#whenEmpty = task;
  }

  /** Drops the waiting bytes and stops writing. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#run = null;
    this.#pieces = [];
    // While commits fail or hang, the wait would have no known end.
    if (this.#barrier !== null && this.#waitsFor > this.#barrier.committed) {
      this.#barrier.forget(this.#opened);
    }
    if (this.#buffer !== null) giveBack(this.#buffer);
    this.#buffer = null;
    this.#length = 0;
    this.#uncount(this.waiting);
  }

  /** Notes a hold before it can end: `drained` has to follow. */
  #noteHold(): void {
    if (this.held) this.#wasHeld = true;
  }

  /** Notes when a message came, while deliveries are measured. */
  #noteMessage(): void {
    const { times } = this.#turn;
    if (times !== null && this.#since < 0) this.#since = times.at;
  }

  #count(bytes: number): void {
    this.waiting += bytes;
    this.#counters.outboundBytes += bytes;
  }

  #uncount(bytes: number): void {
    const counters = this.#counters;
    this.waiting -= bytes;
    if (this.waiting < 0) this.waiting = broken("outbox-bytes", this.waiting);
    counters.outboundBytes -= bytes;
    if (counters.outboundBytes < 0) {
      counters.outboundBytes = broken("outbound-bytes", counters.outboundBytes);
    }
  }

  #copyRun(): void {
    this.#copy(this.#run!, this.#runStart, this.#runEnd);
  }

  /** Copies a part of `from` behind the last bytes, over pieces if needed. */
  #copy(from: Uint8Array, start: number, end: number): void {
    while (start < end) {
      const at = this.#reserve(1);
      const into = this.#buffer!;
      const stop = Math.min(end, start + into.length - at);
      if (stop - start < LOOP_COPY) {
        let to = at;
        for (let i = start; i < stop; i++) into[to++] = from[i];
      } else {
        into.set(
          start === 0 && stop === from.length
            ? from
            : from.subarray(start, stop),
          at,
        );
      }
      this.#length = at + stop - start;
      start = stop;
    }
  }

  /** Makes room for `least` more bytes; returns their offset. */
  #reserve(least: number): number {
    if (this.#buffer !== null && this.#buffer.length - this.#length >= least) {
      return this.#length;
    }
    // The next flush is like the last: one buffer, and so one write.
    const first = this.#buffer === null && this.#writing === null;
    this.#push();
    const size = Math.max(
      least,
      first ? Math.min(this.#usual, LARGEST) : LARGEST,
    );
    this.#buffer = size <= LARGEST ? lend(size) : new Uint8Array(size);
    return 0;
  }

  #push(): void {
    if (this.#buffer === null) return;
    if (this.#length === 0) giveBack(this.#buffer);
    else {
      this.#pieces.push({
        bytes: this.#buffer,
        start: 0,
        end: this.#length,
        lent: true,
        batch: this.#batch,
        since: this.#since,
      });
    }
    this.#since = -1;
    this.#buffer = null;
    this.#length = 0;
  }

  #write(): void {
    if (this.#pieces.length === 0) this.#push();
    if (this.#pieces.length === 0) return;
    const { batch } = this.#pieces[0];
    if (this.#barrier !== null && batch > this.#barrier.committed) {
      if (this.#waitsFor === batch) return;
      this.#waitsFor = batch;
      this.#barrier.onCommitted(batch, this.#opened);
      return;
    }
    const piece = this.#pieces.shift()!;
    this.#writing = piece;
    const { times } = this.#turn;
    if (times !== null && piece.since >= 0) times.writes(piece.since);
    this.#send(piece);
  }

  #send(piece: Piece): void {
    this.#stream.write(piece.bytes.subarray(piece.start, piece.end)).then(
      this.#written,
      this.#broken,
    );
  }

  readonly #written = (count: number): void => {
    try {
      this.#goOn(count);
    } catch (error) {
      this.failed(error);
    }
  };

  #goOn(count: number): void {
    const piece = this.#writing!;
    this.#counters.bytesSent += count;
    this.bytesSent += count;
    piece.start += count;
    if (this.#ended) return this.#finish(piece);
    this.#noteHold();
    this.#uncount(count);
    if (piece.start < piece.end) return this.#send(piece);
    this.#finish(piece);
    this.#write();
    if (this.waiting === 0 && this.#whenEmpty !== null) {
      const task = this.#whenEmpty;
      this.#whenEmpty = null;
      task();
    }
    if (this.#wasHeld && this.waiting <= this.#high / 4) {
      this.#wasHeld = false;
      this.#owner.drained();
    }
  }

  readonly #broken = (error: unknown): void => {
    const piece = this.#writing;
    if (piece !== null) this.#finish(piece);
    if (!this.#ended) this.#owner.broken(error);
  };

  readonly #opened = (): void => {
    try {
      if (this.#writing === null && !this.#ended) this.#write();
    } catch (error) {
      this.failed(error);
    }
  };

  #finish(piece: Piece): void {
    this.#writing = null;
    if (piece.lent) giveBack(piece.bytes);
  }
}
