import type { ByteStream } from "../transport/mod.ts";
import { giveBack, LARGEST, lend, SMALLEST } from "./buffers.ts";
import type { Context } from "./context.ts";
import type { PauseReason } from "./reasons.ts";

/** A packet announced this large gets its buffer at once, else step by step. */
const AT_ONCE = 1024 * 1024;

/** Full buffers read in a row before other connections are looked at. */
const READS_A_TURN = 8;

/** What the pump hands the bytes to. */
export interface PumpOwner {
  /** Handles packets; returns how far it came (see `Connection.receive`). */
  receive(chunk: Uint8Array, start: number, end: number): number;
  /** The peer has ended its side. */
  ended(): void;
  /** The stream broke. */
  broken(error: unknown): void;
}

/**
 * Reads a stream into one buffer and hands over what is in it, one pass a
 * read. Backpressure is pull: while it is paused it does not read.
 */
export class Pump {
  readonly #stream: ByteStream;
  readonly #owner: PumpOwner;
  readonly #context: Context;
  #stopped = false;
  #ended = false;
  /** A read or a pass has the buffer. */
  #busy = false;
  /** Paused, with nothing under way that would find out that it no longer is. */
  #waiting = false;
  #chunk: Uint8Array;
  #fill = 0;
  #reads = 0;
  /** Why it does not read, or null while it does. */
  paused: PauseReason | null = null;

  constructor(stream: ByteStream, owner: PumpOwner, context: Context) {
    this.#stream = stream;
    this.#owner = owner;
    this.#context = context;
    this.#chunk = lend(SMALLEST);
  }

  /** Reads until the stream ends; `stop` only stops the handling. */
  start(): void {
    this.#next();
  }

  /** Stops reading before the next packet, for a reason. */
  pause(reason: PauseReason): void {
    this.paused ??= reason;
  }

  /** Goes on, if it was paused for this reason. */
  resume(reason: PauseReason): void {
    if (this.paused !== reason) return;
    this.paused = null;
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#busy = true;
    this.#passAgain();
    this.#next();
  }

  /** From now on drops what it reads, until the stream ends. */
  stop(): void {
    this.#stopped = true;
    this.paused = null;
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#read();
  }

  /**
   * The stream is closed. The buffer goes back, once: when a read or a pass
   * still has it, that does it in the end.
   */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    if (!this.#busy) giveBack(this.#chunk);
  }

  #read(): void {
    this.#busy = true;
    const chunk = this.#chunk;
    this.#stream.read(this.#fill === 0 ? chunk : chunk.subarray(this.#fill))
      .then(this.#received, this.#broken);
  }

  readonly #received = (count: number | null): void => {
    if (this.#ended) return giveBack(this.#chunk);
    if (count === null) {
      this.#busy = false;
      return this.#owner.ended();
    }
    this.#context.counters.bytesReceived += count;
    if (this.#stopped) {
      this.#fill = 0;
      return this.#read();
    }
    const room = this.#chunk.length - this.#fill;
    this.#fill += count;
    this.#pass();
    if (!this.#ended) this.#fit(count === room, count);
    if (count < LARGEST) this.#reads = 0;
    else if (++this.#reads === READS_A_TURN) {
      this.#reads = 0;
      setImmediate(this.#comeBack);
      return;
    }
    this.#next();
  };

  readonly #broken = (error: unknown): void => {
    this.#busy = false;
    if (this.#ended) giveBack(this.#chunk);
    else this.#owner.broken(error);
  };

  readonly #next = (): void => {
    this.#busy = false;
    if (this.#ended) return giveBack(this.#chunk);
    if (this.paused !== null) this.#waiting = true;
    else this.#read();
  };

  readonly #comeBack = (): void => {
    // A pause that began and ended meanwhile has left packets unhandled.
    if (!this.#ended && this.paused === null) this.#passAgain();
    this.#next();
  };

  /** A pass over what an earlier read has left. */
  #passAgain(): void {
    this.#pass();
    // A large packet that was taken now may be kept: its buffer is not ours.
    if (!this.#ended) this.#fit(false, this.#chunk.length);
  }

  /** One pass over what is in the buffer; the rest moves to its front. */
  #pass(): void {
    if (this.#fill === 0 || this.#stopped) return;
    const { passes } = this.#context;
    const chunk = this.#chunk;
    passes.begin();
    const at = this.#owner.receive(chunk, 0, this.#fill);
    passes.seal();
    if (at === this.#fill) this.#fill = 0;
    else if (at > 0) {
      chunk.copyWithin(0, at, this.#fill);
      this.#fill -= at;
    }
  }

  /** Chooses the buffer of the next read by how the last one went. */
  #fit(filled: boolean, count: number): void {
    const size = this.#chunk.length;
    const needed = this.#fill === 0 ? 0 : this.#context.frame.needed;
    let wanted = size;
    if (this.#fill > 0 && needed > size) {
      // A large packet gets what it needs, but no more than a peer has shown
      // to be earnest about: the announced length alone costs it nothing.
      wanted = needed <= AT_ONCE ? needed : Math.min(
        needed,
        Math.max(AT_ONCE, size * (this.#fill === size ? 2 : 1)),
      );
    } else if (filled) wanted = Math.max(size, Math.min(size * 8, LARGEST));
    else if (count * 4 < size && needed === 0) {
      // Not while a packet is coming in: that would only copy it about.
      wanted = Math.max(count * 2, SMALLEST);
    }
    if (size > LARGEST && this.#fill === 0) wanted = LARGEST;
    wanted = Math.max(wanted, this.#fill + 1);
    if (wanted === size) return;
    const chunk = wanted <= LARGEST ? lend(wanted) : new Uint8Array(wanted);
    if (chunk.length === size) return giveBack(chunk);
    chunk.set(this.#chunk.subarray(0, this.#fill));
    giveBack(this.#chunk);
    this.#chunk = chunk;
  }
}
