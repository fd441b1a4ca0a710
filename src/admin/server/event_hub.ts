import { AdminRefusal } from "../protocol/mod.ts";

/** Event streams at a time. */
const MOST = 32;

/** Bytes that may wait for one reader; then its events are dropped. */
const WAITING = 256 * 1024;

/** A reader of events. */
interface Reader {
  readonly channels: ReadonlySet<string>;
  readonly controller: ReadableStreamDefaultController<Uint8Array>;
  /** Returns whether the reader still has its rights. */
  readonly mayGoOn: () => Promise<boolean>;
  readonly frame: Frame;
  /** Events dropped since the last one sent. */
  dropped: number;
}

/**
 * Makes the text of a server-sent event, with its empty line; null where the
 * event is not for the reader.
 */
export type Frame = (channel: string, json: string) => string | null;

const plain: Frame = (channel, json) => `event: ${channel}\ndata: ${json}\n\n`;

const encoder = new TextEncoder();

/**
 * Sends events to the readers of `GET /api/v1/events`. A reader that is slow
 * loses events of its own, and gets their number as an event `gap`.
 */
export class EventHub {
  readonly #readers = new Set<Reader>();
  readonly #onChannels: (names: readonly string[]) => void;
  #channels = "";

  /** `onChannels` gets the channels that are read, after each change. */
  constructor(onChannels: (names: readonly string[]) => void) {
    this.#onChannels = onChannels;
  }

  /** Counts the readers. */
  get size(): number {
    return this.#readers.size;
  }

  /**
   * Returns a stream of the events of `channels`, from now on; `first` are sent
   * at once. `frame` makes their texts.
   *
   * @throws {AdminRefusal} 503 when there are too many readers.
   */
  open(
    channels: ReadonlySet<string>,
    mayGoOn: () => Promise<boolean>,
    first: readonly (readonly [channel: string, json: string])[],
    frame = plain,
  ): ReadableStream<Uint8Array> {
    if (this.#readers.size >= MOST) {
      const detail = `${MOST} event streams are open: close one`;
      throw new AdminRefusal(503, "too-many-streams", detail);
    }
    let reader: Reader;
    return new ReadableStream<Uint8Array>({
      start: (controller) => {
        reader = { channels, controller, mayGoOn, frame, dropped: 0 };
        this.#readers.add(reader);
        // Proxies pass the head on with the first bytes of the body.
        controller.enqueue(encoder.encode("retry: 3000\n\n"));
        for (const [channel, json] of first) {
          if (channels.has(channel)) write(reader, channel, json);
        }
        this.#tell();
      },
      cancel: () => this.#leave(reader),
    }, new ByteLengthQueuingStrategy({ highWaterMark: WAITING }));
  }

  /** Sends an event; `json` has no line end. */
  send(channel: string, json: string): void {
    for (const reader of this.#readers) {
      if (reader.channels.has(channel)) write(reader, channel, json);
    }
  }

  /** Ends the streams of readers that have lost their rights. */
  async judge(): Promise<void> {
    for (const reader of [...this.#readers]) {
      // Rights that cannot be read, as from a damaged file, do not count.
      if (!await reader.mayGoOn().catch(() => false)) this.#end(reader);
    }
  }

  /** Ends all streams. */
  close(): void {
    for (const reader of [...this.#readers]) this.#end(reader);
  }

  #end(reader: Reader): void {
    if (!this.#readers.has(reader)) return;
    this.#leave(reader);
    reader.controller.close();
  }

  #leave(reader: Reader): void {
    this.#readers.delete(reader);
    this.#tell();
  }

  #tell(): void {
    const names = new Set<string>();
    for (const { channels } of this.#readers) {
      for (const name of channels) names.add(name);
    }
    const list = [...names].sort();
    const text = list.join(" ");
    if (text === this.#channels) return;
    this.#channels = text;
    this.#onChannels(list);
  }
}

function write(reader: Reader, channel: string, json: string): void {
  const { controller, frame } = reader;
  if ((controller.desiredSize ?? 0) <= 0) {
    reader.dropped++;
    return;
  }
  let text = frame(channel, json);
  if (text === null) return;
  if (reader.dropped > 0) {
    text = `event: gap\ndata: {"dropped":${reader.dropped}}\n\n${text}`;
    reader.dropped = 0;
  }
  controller.enqueue(encoder.encode(text));
}
