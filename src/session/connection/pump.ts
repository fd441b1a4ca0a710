import type { ByteOwner } from "../../mqtt/mod.ts";
import type { ByteStream } from "../../transport/mod.ts";
import { giveBack, LARGEST, lend, scrub, SMALLEST } from "../output/buffers.ts";
import type { Context } from "../core/context.ts";
import type { PauseReason } from "../core/reasons.ts";
import type { Work } from "../core/turn_watch.ts";

/** Packet length up to which the buffer grows at once, else step by step. */
const AT_ONCE = 1024 * 1024;

/** Reads in a row that left the buffer nearly empty before it gets smaller. */
const SHORT_READS = 2;

/** Full buffers read in a row before other connections get their turn. */
const READS_A_TURN = 8;

/** Returns a buffer of at least `size` bytes. */
function bufferOf(size: number): Uint8Array {
  return size <= LARGEST ? lend(size) : new Uint8Array(size);
}

/** The connection of a pump. */
export interface PumpOwner extends Work {
  /** Handles packets; see `Connection.receive`. */
  receive(chunk: Uint8Array, start: number, end: number): number;
  /** The peer has ended its side. */
  ended(): void;
  /** The stream broke. */
  broken(error: unknown): void;
  /** An error of the broker's own ends all reading. */
  crashed(error: unknown): void;
}

/**
 * Reads a stream into one buffer and hands its bytes over, one pass a read. A
 * paused pump does not read: the peer has to wait.
 *
 * Only the pump writes to its buffer, as soon as a pass is over. A message that
 * lasts longer copies its bytes or claims the whole buffer.
 */
export class Pump implements ByteOwner {
  readonly #stream: ByteStream;
  readonly #owner: PumpOwner;
  readonly #context: Context;
  #stopped = false;
  #ended = false;
  /** Whether a read or a pass uses the buffer. */
  #busy = false;
  /** Whether it is paused without a read or pass under way that would go on. */
  #waiting = false;
  #chunk: Uint8Array;
  /** Whether a message has claimed the buffer: the pump only reads it now. */
  #claimed = false;
  #fill = 0;
  #reads = 0;
  #shortReads = 0;
  /** Bytes read from the stream. */
  bytesReceived = 0;
  /** The reason of a pause, or null while it reads. */
  paused: PauseReason | null = null;

  constructor(stream: ByteStream, owner: PumpOwner, context: Context) {
    this.#stream = stream;
    this.#owner = owner;
    this.#context = context;
    this.#chunk = lend(SMALLEST);
  }

  /** Reads until the stream ends; `stop` only stops the handling. */
  start(): void {
    this.#survive(this.#next);
  }

  /** Stops reading before the next packet, for a reason. */
  pause(reason: PauseReason): void {
    if (this.paused === null) this.pauseInstead(reason);
  }

  /** Pauses as `pause` does, in place of a pause for another reason. */
  pauseInstead(reason: PauseReason): void {
    this.paused = reason;
    this.#context.counters.paused[reason]++;
  }

  /** Goes on if it is paused for this reason. */
  resume(reason: PauseReason): void {
    if (this.paused !== reason) return;
    this.paused = null;
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#busy = true;
    this.#survive(() => {
      this.#passAgain();
      this.#next();
    });
  }

  /** Drops all bytes from now on, until the stream ends. */
  stop(): void {
    this.#stopped = true;
    this.paused = null;
    if (!this.#waiting) return;
    this.#waiting = false;
    this.#fill = 0;
    this.#read();
  }

  /**
   * Gives its buffer to a payload of `length` bytes that fills at least half of
   * it, so at most as many bytes again are wasted. Never gives lent buffers away.
   */
  claim(bytes: Uint8Array, length: number): boolean {
    const isGiven = bytes === this.#chunk && bytes.length > LARGEST &&
      length * 2 >= bytes.length;
    if (isGiven) this.#claimed = true;
    return isGiven;
  }

  /**
   * Gives the buffer back once, after the close of the stream: at once, or at the
   * end of the read or pass that uses it.
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
    try {
      this.#handle(count);
    } catch (error) {
      this.#owner.crashed(error);
    }
  };

  #handle(count: number | null): void {
    if (this.#ended) return giveBack(this.#chunk);
    if (count === null) {
      this.#busy = false;
      return this.#owner.ended();
    }
    this.#context.counters.bytesReceived += count;
    this.bytesReceived += count;
    if (this.#stopped) {
      this.#fill = 0;
      return this.#read();
    }
    const room = this.#chunk.length - this.#fill;
    this.#fill += count;
    this.#pass();
    this.#fit(count === room, count);
    if (count < LARGEST) this.#reads = 0;
    else if (++this.#reads === READS_A_TURN) {
      this.#reads = 0;
      this.#context.clock.soon(() => this.#survive(this.#comeBack));
      return;
    }
    this.#next();
  }

  /** Reads on; an error ends the connection, which would never be read again. */
  #survive(task: () => void): void {
    try {
      task();
    } catch (error) {
      this.#owner.crashed(error);
    }
  }

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
    // A pause that began and ended meanwhile left packets unhandled.
    if (!this.#ended && this.paused === null) this.#passAgain();
    this.#next();
  };

  /** Makes a pass over the rest of an earlier read. */
  #passAgain(): void {
    this.#pass();
    this.#fit(false, this.#chunk.length);
  }

  /** Makes a pass over the bytes in the buffer; moves the rest to its front. */
  #pass(): void {
    if (this.#stopped) this.#fill = 0;
    const fill = this.#fill;
    if (fill === 0) return;
    const { turn, frame } = this.#context;
    const chunk = this.#chunk;
    turn.begin(this.#owner, true);
    // All pumps share the frame: its length may be that of another's packet.
    frame.needed = 0;
    const at = this.#owner.receive(chunk, 0, fill);
    turn.seal();
    turn.end();
    this.#fill = fill - at;
    if (this.#claimed) {
      return this.#moveTo(bufferOf(this.#fill + 1), chunk.subarray(at, fill));
    }
    if (at > 0 && at < fill) chunk.copyWithin(0, at, fill);
    scrub(chunk, fill - at, fill);
  }

  /** Goes on in `chunk`, which begins with `rest`. */
  #moveTo(chunk: Uint8Array, rest: Uint8Array): void {
    chunk.set(rest);
    if (!this.#claimed) giveBack(this.#chunk);
    this.#claimed = false;
    this.#chunk = chunk;
  }

  /** Chooses the buffer of the next read by the last one. */
  #fit(filled: boolean, count: number): void {
    // A buffer that is full because its first packet waits stays.
    if (this.#ended || (this.paused !== null && this.#fill > 0)) return;
    const size = this.#chunk.length;
    const needed = this.#fill === 0 ? 0 : this.#context.frame.needed;
    let wanted = size;
    if (this.#fill > 0 && needed > size) {
      // A large packet gets a buffer in proportion to the bytes that came: the
      // announced length alone costs a peer nothing.
      wanted = needed <= AT_ONCE ? needed : Math.min(
        needed,
        Math.max(AT_ONCE, size * (this.#fill === size ? 2 : 1)),
      );
    } else if (filled) wanted = Math.max(size, Math.min(size * 4, LARGEST));
    const isShort = count * 4 < size && needed === 0;
    this.#shortReads = isShort ? this.#shortReads + 1 : 0;
    // Not within a packet, which would be copied; nor at the first short read:
    // a burst ends with one, and the next burst follows.
    if (this.#shortReads >= SHORT_READS) wanted = Math.max(count * 2, SMALLEST);
    if (size > LARGEST && this.#fill === 0) wanted = LARGEST;
    wanted = Math.max(wanted, this.#fill + 1);
    if (wanted === size) return;
    const chunk = bufferOf(wanted);
    if (chunk.length === size) return giveBack(chunk);
    this.#shortReads = 0;
    this.#moveTo(chunk, this.#chunk.subarray(0, this.#fill));
  }
}
