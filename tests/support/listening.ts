import { SystemClock } from "../../src/clock/mod.ts";
import { completeSettings } from "../../src/config/mod.ts";
import type { ListenerSettings } from "../../src/config/mod.ts";
import { listen } from "../../src/broker/listen.ts";
import type {
  Accepted,
  ByteStream,
  Listener,
  Refusal,
} from "../../src/transport/mod.ts";
import type { Pem } from "./tls_pems.ts";

/** What tests open a listener with. */
export interface Opened {
  readonly listener: Listener;
  /** The next one that comes as far as MQTT. */
  next(): Promise<Accepted>;
  /** The next one that does not. */
  nextRefusal(): Promise<Refusal>;
  /** What failed without anybody to blame. */
  readonly troubles: Error[];
}

/** Opens a listener as the broker does, on a free port of this machine. */
export async function openListener(
  said: Partial<ListenerSettings>,
  pem?: Pem,
  ca: readonly string[] = [],
): Promise<Opened> {
  const settings = completeSettings({
    listener: [{
      ...(said.type === "unix" ? {} : { bind: "127.0.0.1", port: 0 }),
      ...said,
    }],
  }).listener[0];
  const accepted = new Mailbox<Accepted>();
  const refused = new Mailbox<Refusal>();
  const troubles: Error[] = [];
  const listener = await listen(settings, {
    clock: new SystemClock(),
    onTrouble: (error) => troubles.push(error),
    onRefused: (refusal) => refused.put(refusal),
    tlsPorts: () =>
      Promise.resolve({
        keys: { choose: () => pem! },
        authorities: () => ca,
      }),
  });
  listener.serve((one) => accepted.put(one));
  return {
    listener,
    next: () => accepted.take(),
    nextRefusal: () => refused.take(),
    troubles,
  };
}

/** Connects to it without a word. */
export function connectTo({ listener }: Opened): Promise<Deno.TcpConn> {
  return Deno.connect(listener.address);
}

/** Reads until the end or a failure; returns all that came. */
export async function readToEnd(stream: ByteStream): Promise<Uint8Array> {
  const all: number[] = [];
  const into = new Uint8Array(1024);
  try {
    for (let count; (count = await stream.read(into)) !== null;) {
      all.push(...into.subarray(0, count));
    }
  } catch {
    // Reset instead of ended: the end as well.
  }
  return new Uint8Array(all);
}

class Mailbox<T> {
  readonly #items: T[] = [];
  readonly #takers: ((item: T) => void)[] = [];

  put(item: T): void {
    const taker = this.#takers.shift();
    if (taker === undefined) this.#items.push(item);
    else taker(item);
  }

  take(): Promise<T> {
    const item = this.#items.shift();
    if (item !== undefined) return Promise.resolve(item);
    return new Promise((resolve) => this.#takers.push(resolve));
  }
}
