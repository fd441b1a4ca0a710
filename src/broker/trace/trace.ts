import type { Cancel, Clock } from "../../clock/mod.ts";
import { PacketType, topicMatches } from "../../mqtt/mod.ts";
import type { TracedConnection } from "../../session/mod.ts";
import type { TraceEnd, TraceGap, TraceRow } from "../../trace/mod.ts";
import type { SeenPacket } from "./seen_packet.ts";
import { isLike, isOfClient, overlap, type TraceSpec } from "./trace_spec.ts";

/** Rows in a second at most; the rest is counted. */
export const ROWS_A_SECOND = 1000;

/** Messages whose acknowledgements are recognised; the oldest gives way. */
const MOST_IDS = 10_000;

/** Takes the lines of a trace. */
export interface TraceSink {
  /** Takes a line of JSON, or refuses it because its reader is too slow. */
  take(line: string): boolean;
  /** Takes the last line, which it must not refuse. */
  ended(line: string): void;
}

/** Facts about a trace. */
export interface TraceState {
  readonly id: number;
  /** As `Clock.date` (ms). */
  readonly startedAt: number;
  /** Its end, as `Clock.date` (ms). */
  readonly until: number;
  /** Rows written. */
  readonly rows: number;
  /** Rows left out. */
  readonly missing: number;
}

/** One trace: which packets, and how many of them. */
export class Trace {
  /** Counts the traces of the broker, from 1. */
  readonly id: number;
  readonly spec: TraceSpec;
  readonly #sink: TraceSink;
  readonly #clock: Clock;
  readonly #onEnd: (trace: Trace) => void;
  readonly #startedAt: number;
  readonly #cancel: Cancel;
  #rows = 0;
  #missing = 0;
  /** Left out since the last row. */
  #gaps = { rate: 0, reader: 0 };
  #second = -Infinity;
  /** Rows in that second. */
  #inSecond = 0;
  /** Topics of unacknowledged messages, by connection and packet id. */
  readonly #topics = new Map<string, string>();
  /** Whether it has ended. */
  isOver = false;

  /** Ends by itself, after its duration; then, or before, calls `onEnd` once. */
  constructor(
    id: number,
    spec: TraceSpec,
    sink: TraceSink,
    clock: Clock,
    onEnd: (trace: Trace) => void,
  ) {
    this.id = id;
    this.spec = spec;
    this.#sink = sink;
    this.#clock = clock;
    this.#onEnd = onEnd;
    this.#startedAt = clock.date();
    this.#cancel = clock.after(spec.duration, () => this.end("time"));
  }

  /** Returns how far it has come. */
  get state(): TraceState {
    return {
      id: this.id,
      startedAt: this.#startedAt,
      until: this.#startedAt + this.spec.duration,
      rows: this.#rows,
      missing: this.#missing,
    };
  }

  /**
   * Returns whether it is about the client, whose CONNECT asked for the client id
   * `asked`; null while the broker may still give another.
   */
  isAbout(
    connection: TracedConnection,
    asked: string | null,
  ): boolean | null {
    const { client, address } = this.spec;
    if (address !== null && !address.has(connection.hostname)) return false;
    if (client === null) return true;
    const { clientId, state } = connection;
    if (asked !== null && isLike(client, asked)) return true;
    if (clientId !== null && isLike(client, clientId)) return true;
    return state === "opening" || state === "authenticating" ? null : false;
  }

  /**
   * Returns whether it wants a packet, and tells the packet the topic of the
   * message that it acknowledges.
   */
  wants(packet: SeenPacket): boolean {
    const { topic, kinds, direction } = this.spec;
    this.#recognise(packet);
    if (topic !== null && !this.#concerns(packet, topic)) return false;
    if (direction !== null && packet.type !== 0) {
      if (packet.isSent !== (direction === "out")) return false;
    }
    return (kinds & 1 << packet.type) !== 0;
  }

  #concerns({ topic, filters, type }: SeenPacket, wanted: string): boolean {
    if (type === PacketType.Subscribe || type === PacketType.Unsubscribe) {
      return filters.some((filter) => overlap(wanted, filter));
    }
    if (topic === null) return false;
    return type === PacketType.Suback || type === PacketType.Unsuback
      ? overlap(wanted, topic)
      : topicMatches(wanted, topic);
  }

  /** Notes the topic of a packet id, or finds it for an acknowledgement. */
  #recognise(packet: SeenPacket): void {
    const { type, isSent, packetId, connection } = packet;
    if (packetId === 0) return;
    const whose = isOfClient(type, isSent) ? "in" : "out";
    const key = `${connection.id} ${whose} ${packetId}`;
    switch (type) {
      case PacketType.Publish:
      case PacketType.Subscribe:
      case PacketType.Unsubscribe:
        return this.#note(key, this.#topicToNote(packet));
      default:
        packet.topic = this.#topics.get(key) ?? packet.topic;
    }
    const isLast = type !== PacketType.Pubrec && type !== PacketType.Pubrel;
    if (isLast) this.#topics.delete(key);
  }

  #topicToNote({ type, topic, filters }: SeenPacket): string | null {
    if (type === PacketType.Publish) return topic;
    const wanted = this.spec.topic;
    // SUBACK names no topic; with one filter it is clear which is meant.
    return wanted === null
      ? null
      : filters.find((filter) => overlap(wanted, filter)) ?? null;
  }

  #note(key: string, topic: string | null): void {
    if (topic === null) return;
    const topics = this.#topics;
    if (topics.size >= MOST_IDS) topics.delete(topics.keys().next().value!);
    topics.set(key, topic);
  }

  /** Returns whether another row fits in this second; else counts it. */
  get hasRoom(): boolean {
    const now = this.#clock.now();
    if (now - this.#second >= 1000) {
      this.#second = now;
      this.#inSecond = 0;
    }
    if (this.#inSecond < ROWS_A_SECOND) {
      this.#inSecond++;
      return true;
    }
    this.#missing++;
    this.#gaps.rate++;
    return false;
  }

  /** Writes a row, behind the gap before it. */
  add(row: TraceRow): void {
    if (this.isOver) return;
    if (this.#tellGaps() && this.#sink.take(JSON.stringify(row))) {
      this.#rows++;
      return;
    }
    this.#missing++;
    this.#gaps.reader++;
  }

  /** Returns whether all gaps have been told. */
  #tellGaps(): boolean {
    for (const why of ["rate", "reader"] as const) {
      const missing = this.#gaps[why];
      if (missing === 0) continue;
      const gap: TraceGap = { missing, why };
      if (!this.#sink.take(JSON.stringify(gap))) return false;
      this.#gaps[why] = 0;
    }
    return true;
  }

  /** Ends it, once. */
  end(why: TraceEnd["end"]): void {
    if (this.isOver) return;
    this.isOver = true;
    this.#cancel();
    this.#topics.clear();
    this.#tellGaps();
    const end: TraceEnd = {
      end: why,
      rows: this.#rows,
      missing: this.#missing,
    };
    this.#sink.ended(JSON.stringify(end));
    this.#onEnd(this);
  }
}
