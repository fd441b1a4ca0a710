import type { ByteStream } from "../../src/transport/mod.ts";
import { Lane, type World } from "./world.ts";

/** The end of a connection that a client has. */
export interface WireEnd {
  /** Bytes came from the broker. */
  received(bytes: Uint8Array): void;
  /** The broker has ended the connection. */
  ended(): void;
}

interface Reading {
  readonly into: Uint8Array;
  readonly resolve: (count: number | null) => void;
  readonly reject: (error: Error) => void;
}

interface Writing {
  readonly bytes: Uint8Array;
  readonly resolve: (count: number) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A network connection: bytes keep their order in each direction, and come in
 * pieces and at times that the world chooses.
 */
export class Wire implements ByteStream {
  readonly #world: World;
  readonly #end: WireEnd;
  readonly #in: Lane;
  readonly #out: Lane;
  #bytes: Uint8Array[] = [];
  #finished = false;
  #broken: Error | null = null;
  #reading: Reading | null = null;
  #writing: Writing | null = null;
  #stalled = false;

  constructor(world: World, end: WireEnd) {
    this.#world = world;
    this.#end = end;
    this.#in = new Lane(world);
    this.#out = new Lane(world);
  }

  /** The client sends. */
  send(bytes: Uint8Array): void {
    if (this.#broken !== null || this.#finished) return;
    const last = this.#bytes.at(-1);
    // Packets that wait for a read come with one, as a rule.
    if (last === undefined || this.#world.random.chance(0.2)) {
      this.#bytes.push(bytes);
    } else {
      const both = new Uint8Array(last.length + bytes.length);
      both.set(last);
      both.set(bytes, last.length);
      this.#bytes[this.#bytes.length - 1] = both;
    }
    this.#offer();
  }

  /** The client ends its side: what it sent arrives. */
  finish(): void {
    this.#finished = true;
    this.#offer();
  }

  /** The network is gone: what neither side has yet is lost. */
  cut(): void {
    this.#break(new Deno.errors.ConnectionReset("connection reset by peer"));
  }

  /** The broker's process is gone: nothing of this goes on. */
  drop(): void {
    this.#in.clear();
    this.#out.clear();
    this.#reading = this.#writing = null;
    this.#broken = new Error("no broker");
  }

  /** Whether the client takes nothing for now. */
  get stalled(): boolean {
    return this.#stalled;
  }

  set stalled(isStalled: boolean) {
    this.#stalled = isStalled;
    if (!isStalled && this.#writing !== null) this.#out.add(() => this.#take());
  }

  read(into: Uint8Array): Promise<number | null> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#reading = { into, resolve, reject };
      this.#offer();
    });
  }

  write(bytes: Uint8Array): Promise<number> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#writing = { bytes, resolve, reject };
      if (!this.#stalled) this.#out.add(() => this.#take());
    });
  }

  closeWrite(): Promise<void> {
    this.#out.add(() => this.#end.ended());
    return Promise.resolve();
  }

  close(): void {
    if (this.#broken !== null) return;
    this.#break(new Deno.errors.Interrupted("the stream was closed"));
    this.#out.add(() => this.#end.ended());
  }

  #offer(): void {
    if (this.#reading === null) return;
    if (this.#bytes.length > 0 || this.#finished) {
      this.#in.add(() => this.#give());
    }
  }

  #give(): void {
    const reading = this.#reading;
    const first = this.#bytes[0];
    // What was offered may have been taken by the read before.
    if (reading === null || (first === undefined && !this.#finished)) return;
    this.#reading = null;
    if (first === undefined) return reading.resolve(null);
    const { random } = this.#world;
    const most = Math.min(first.length, reading.into.length);
    // Packets come whole as a rule, and now and then in pieces.
    const count = random.chance(0.1) ? 1 + random.below(most) : most;
    reading.into.set(first.subarray(0, count));
    if (count === first.length) this.#bytes.shift();
    else this.#bytes[0] = first.subarray(count);
    reading.resolve(count);
  }

  #take(): void {
    const writing = this.#writing;
    if (writing === null || this.#stalled) return;
    this.#writing = null;
    const { random } = this.#world;
    const { bytes } = writing;
    const count = random.chance(0.2) ? 1 + random.below(bytes.length) : bytes
      .length;
    this.#end.received(bytes.slice(0, count));
    writing.resolve(count);
  }

  #break(error: Error): void {
    if (this.#broken !== null) return;
    this.#broken = error;
    this.#bytes = [];
    const reading = this.#reading;
    const writing = this.#writing;
    this.#reading = this.#writing = null;
    this.#in.add(() => reading?.reject(error));
    this.#out.add(() => writing?.reject(error));
  }
}
