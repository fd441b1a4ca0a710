import type { Clock } from "../../clock/mod.ts";
import {
  type Frame,
  measurePublish,
  type PublishHead,
  writePublishHead,
} from "../../codec/mod.ts";
import { hostAndPort } from "../../network/mod.ts";
import type { Message } from "../../mqtt/mod.ts";
import type {
  CloseReason,
  PacketTrace,
  TracedConnection,
} from "../../session/mod.ts";
import { PREVIEW, type TraceRow } from "../../trace/mod.ts";
import { SeenPacket } from "./seen_packet.ts";
import type { Trace } from "./trace.ts";

/** Rows kept until the client id is known. */
const HELD = 8;

/** A trace that the client id will decide about. */
interface Undecided {
  readonly trace: Trace;
  readonly held: TraceRow[];
}

/** Sees the packets of one connection, for one trace or more. */
export class Tap implements PacketTrace {
  readonly #connection: TracedConnection;
  readonly #clock: Clock;
  readonly #onError: (error: unknown) => void;
  #traces: Trace[] = [];
  #undecided: Undecided[] = [];
  /** Client id of its CONNECT; null before. */
  #asked: string | null = null;
  /** Whether the next packet of the client was seen before. */
  #isAgain = false;

  /** `onError` gets errors of its own; the connection goes on. */
  constructor(
    connection: TracedConnection,
    clock: Clock,
    onError: (error: unknown) => void,
  ) {
    this.#connection = connection;
    this.#clock = clock;
    this.#onError = onError;
  }

  /** Adds a trace; `isDecided` is false until the client id is known. */
  add(trace: Trace, isDecided: boolean): void {
    if (isDecided) this.#traces.push(trace);
    else this.#undecided.push({ trace, held: [] });
  }

  /** Forgets traces that have ended; returns whether none is left. */
  prune(): boolean {
    this.#traces = this.#traces.filter(({ isOver }) => !isOver);
    this.#undecided = this.#undecided.filter(({ trace }) => !trace.isOver);
    return this.#traces.length + this.#undecided.length === 0;
  }

  received(chunk: Uint8Array, { start, end }: Frame): void {
    if (this.#isAgain) {
      this.#isAgain = false;
      return;
    }
    this.#see(() => SeenPacket.of(this.#connection, false, chunk, start, end));
  }

  postponed(): void {
    this.#isAgain = true;
  }

  sent(bytes: Uint8Array, start: number, end: number): void {
    this.#see(() => SeenPacket.of(this.#connection, true, bytes, start, end));
  }

  sentPublish(head: PublishHead, message: Message, size: number): void {
    const connection = this.#connection;
    const { version } = connection;
    const mountPoint = connection.mountPoint?.text ?? "";
    this.#see(() =>
      SeenPacket.publish(connection, message.topic.text, head.packetId, () => {
        const chunk = beginningOf(head, message, size);
        const place = { chunk, start: 0, end: size };
        return { ...place, version, isSent: true, mountPoint };
      })
    );
  }

  closed(reason: CloseReason, detail: string | null | undefined): void {
    this.#see(() =>
      SeenPacket.closed(this.#connection, {
        packet: "CLOSED",
        reason,
        ...detail ? { detail } : {},
      })
    );
    this.#connection.trace = null;
  }

  #see(make: () => SeenPacket): void {
    try {
      const packet = make();
      this.#asked ??= packet.clientId;
      if (this.#undecided.length > 0) this.#decide();
      for (const trace of this.#traces) {
        const row = this.#rowFor(trace, packet);
        if (row !== null) trace.add(row);
      }
      for (const { trace, held } of this.#undecided) {
        const row = held.length < HELD ? this.#rowFor(trace, packet) : null;
        if (row !== null) held.push(row);
      }
    } catch (error) {
      this.#onError(error);
    }
    // Others' packets cost nothing again.
    if (this.#traces.every(({ isOver }) => isOver) && this.prune()) {
      this.#connection.trace = null;
    }
  }

  /** Begins or forgets traces whose client is known now. */
  #decide(): void {
    const { clientId } = this.#connection;
    this.#undecided = this.#undecided.filter(({ trace, held }) => {
      const isAbout = trace.isAbout(this.#connection, this.#asked);
      if (isAbout === null) return true;
      if (!isAbout) return false;
      for (const row of held) {
        trace.add({ ...row, client: clientId ?? row.client });
      }
      this.#traces.push(trace);
      return false;
    });
  }

  /** Returns the row of a packet that the trace wants and has room for. */
  #rowFor(trace: Trace, packet: SeenPacket): TraceRow | null {
    if (trace.isOver || !trace.wants(packet) || !trace.hasRoom) return null;
    const { bytes: hasBytes, payload, preview } = trace.spec;
    const { id, hostname, port, version } = this.#connection;
    const facts = packet.facts(payload ? preview : 0);
    const bytes = hasBytes ? packet.bytes(preview) : null;
    return {
      time: new Date(this.#clock.date()).toISOString(),
      connection: id,
      client: this.#connection.clientId ?? this.#asked ?? "",
      address: hostAndPort(hostname, port),
      direction: packet.isSent ? "out" : "in",
      version,
      ...facts,
      ...bytes === null ? {} : { bytes: bytes.toBase64() },
    };
  }
}

/** Returns a PUBLISH of `size` bytes up to the preview of its payload. */
function beginningOf(
  head: PublishHead,
  message: Message,
  size: number,
): Uint8Array {
  const { bytes, payloadStart, payloadEnd, payloadLength } = message;
  const until = size - payloadLength;
  const first = Math.min(payloadLength, PREVIEW);
  const chunk = new Uint8Array(until + first);
  measurePublish(head, message);
  writePublishHead(head, message, chunk, 0);
  const end = Math.min(payloadEnd, payloadStart + first);
  chunk.set(bytes.subarray(payloadStart, end), until);
  return chunk;
}
