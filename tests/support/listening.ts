import { type Clock, SystemClock } from "../../src/clock/mod.ts";
import { completeSettings } from "../../src/config/mod.ts";
import type { ListenerSettings } from "../../src/config/mod.ts";
import { listen } from "../../src/broker/listeners/listen.ts";
import type {
  Accepted,
  ByteStream,
  Listener,
  Refusal,
  TlsIdentity,
} from "../../src/transport/mod.ts";
import { Inbox } from "./wait.ts";

/** What tests open a listener with. */
export interface Opened {
  readonly listener: Listener;
  /** The next one that comes as far as MQTT. */
  next(): Promise<Accepted>;
  /** The next one that does not. */
  nextRefusal(): Promise<Refusal>;
  /** How many refusals were told and not looked at. */
  refusals(): number;
  /** What failed without anybody to blame. */
  readonly troubles: Error[];
}

/** What it speaks TLS with. */
export interface OpenOptions {
  /** Told the name that the client asks for. */
  readonly choose?: (serverName: string | null) => TlsIdentity;
  /** PEM of authorities. @default none */
  readonly ca?: readonly string[];
  /** @default the system's */
  readonly clock?: Clock;
}

/** Opens a listener as the broker does, on a free port of this machine. */
export async function openListener(
  said: Partial<ListenerSettings>,
  options: OpenOptions = {},
): Promise<Opened> {
  const settings = completeSettings({
    listener: [{
      ...(said.type === "unix" ? {} : { bind: "127.0.0.1", port: 0 }),
      ...said,
    }],
  }).listener[0];
  const accepted = new Inbox<Accepted>("a connection that comes to MQTT");
  const refused = new Inbox<Refusal>("a refusal");
  const troubles: Error[] = [];
  const ca = options.ca ?? [];
  const listener = await listen(settings, {
    clock: options.clock ?? new SystemClock(),
    onTrouble: (error) => troubles.push(error),
    onRefused: (refusal) => refused.push(refusal),
    tlsPorts: () =>
      Promise.resolve({
        keys: { choose: options.choose ?? noIdentity },
        authorities: () => ca,
      }),
  });
  listener.serve((one) => accepted.push(one));
  return {
    listener,
    next: () => accepted.next(),
    nextRefusal: () => refused.next(),
    refusals: () => refused.size,
    troubles,
  };
}

function noIdentity(): never {
  throw new Error("there is no certificate");
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
