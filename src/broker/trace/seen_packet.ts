import {
  decodeConnect,
  decodeFilters,
  decodePublish,
  decodeRequests,
  decodeSubscribeHead,
  decodeUnsubscribeHead,
  Frame,
  PublishPacket,
  readFrame,
} from "../../codec/mod.ts";
import {
  decodeUtf8,
  PacketType,
  parseFilter,
  ProtocolError,
} from "../../mqtt/mod.ts";
import type { TracedConnection } from "../../session/mod.ts";
import {
  packetBytes,
  type PacketFacts,
  packetFacts,
  type Shown,
} from "../../trace/mod.ts";

/** Filters of a SUBSCRIBE that a topic filter is compared with. */
const COMPARED = { filters: 1000, bytes: 64 * 1024 };

/** One packet of a traced connection, for the time of its call. */
export class SeenPacket {
  readonly connection: TracedConnection;
  /** As in `PacketType`; 0 for the end of the connection. */
  readonly type: number;
  /** Whether the broker sends it. */
  readonly isSent: boolean;
  /** 0 for a packet without one. */
  readonly packetId: number = 0;
  /** Client id of a CONNECT, else null. */
  clientId: string | null = null;
  /** Topic of the message or will, with any mount point; null for none. */
  topic: string | null = null;
  readonly #bytes: (() => Shown) | null;
  readonly #facts: PacketFacts | null;
  #filters: readonly string[] | null = null;
  #shown: Shown | null = null;

  private constructor(
    connection: TracedConnection,
    type: number,
    isSent: boolean,
    bytes: (() => Shown) | null,
    facts: PacketFacts | null = null,
  ) {
    this.connection = connection;
    this.type = type;
    this.isSent = isSent;
    this.#bytes = bytes;
    this.#facts = facts;
  }

  /** A packet in `chunk` from `start` up to `end`. */
  static of(
    connection: TracedConnection,
    isSent: boolean,
    chunk: Uint8Array,
    start: number,
    end: number,
  ): SeenPacket {
    const type = chunk[start] >> 4;
    const mountPoint = connection.mountPoint?.text ?? "";
    const { version } = connection;
    const shown = { chunk, start, end, version, isSent, mountPoint };
    const packet = new SeenPacket(connection, type, isSent, () => shown);
    packet.#shown = shown;
    try {
      packet.#read(shown);
    } catch (error) {
      // The row says what is wrong with it.
      if (!(error instanceof ProtocolError)) throw error;
    }
    return packet;
  }

  /** A PUBLISH to the client whose bytes `shown` makes. */
  static publish(
    connection: TracedConnection,
    topic: string,
    packetId: number,
    bytes: () => Shown,
  ): SeenPacket {
    const packet = new SeenPacket(
      connection,
      PacketType.Publish,
      true,
      bytes,
    );
    packet.topic = topic;
    packet.#packetIdIs(packetId);
    return packet;
  }

  /** The end of the connection. */
  static closed(connection: TracedConnection, facts: PacketFacts): SeenPacket {
    return new SeenPacket(connection, 0, true, null, facts);
  }

  /** Topic filters of a SUBSCRIBE or UNSUBSCRIBE, without `$share/group/`. */
  get filters(): readonly string[] {
    return this.#filters ?? [];
  }

  /** Returns its content; see `packetFacts`. */
  facts(preview: number): PacketFacts {
    if (this.#facts !== null) return this.#facts;
    const facts = packetFacts(this.#bytesOnce(), preview);
    const isMissing = facts.topic === undefined && facts.will === undefined;
    if (this.topic !== null && isMissing) {
      return { ...facts, topic: this.topic };
    }
    return facts;
  }

  /** Returns its bytes without secrets; see `packetBytes`. */
  bytes(preview: number): Uint8Array | null {
    return this.#bytes === null
      ? null
      : packetBytes(this.#bytesOnce(), preview);
  }

  #bytesOnce(): Shown {
    return this.#shown ??= this.#bytes!();
  }

  #packetIdIs(id: number): void {
    (this as { packetId: number }).packetId = id;
  }

  #read(shown: Shown): void {
    const { chunk, start, end, version } = shown;
    const frame = new Frame();
    readFrame(frame, chunk, start, end, Infinity, version);
    const at = frame.bodyStart;
    switch (this.type) {
      case PacketType.Connect: {
        const { clientId, will } = decodeConnect(chunk, frame);
        this.clientId = clientId;
        if (will !== null) this.topic = shown.mountPoint + will.topic;
        return;
      }
      case PacketType.Publish:
        return this.#readPublish(shown, frame);
      case PacketType.Subscribe:
      case PacketType.Unsubscribe:
        this.#readFilters(shown, frame);
        /* falls through */
      case PacketType.Puback:
      case PacketType.Pubrec:
      case PacketType.Pubrel:
      case PacketType.Pubcomp:
      case PacketType.Suback:
      case PacketType.Unsuback:
        if (frame.end - at >= 2) {
          this.#packetIdIs(chunk[at] << 8 | chunk[at + 1]);
        }
    }
  }

  #readPublish({ chunk, version, mountPoint }: Shown, frame: Frame): void {
    const packet = publish;
    decodePublish(packet, chunk, frame, version);
    const { topicStart, topicEnd, topicAlias, packetId } = packet;
    this.#packetIdIs(packetId);
    this.topic = topicEnd > topicStart
      ? mountPoint + decodeUtf8(chunk, topicStart, topicEnd)
      : this.connection.aliasesIn?.[topicAlias]?.text ?? null;
  }

  #readFilters({ chunk, version, mountPoint }: Shown, frame: Frame): void {
    const isSubscribe = this.type === PacketType.Subscribe;
    const decodeHead = isSubscribe
      ? decodeSubscribeHead
      : decodeUnsubscribeHead;
    const { start } = decodeHead(chunk, frame, version);
    const texts: string[] = [];
    if (isSubscribe) {
      const requests: Parameters<typeof decodeRequests>[0] = [];
      decodeRequests(requests, chunk, start, frame.end, version, COMPARED);
      texts.push(...requests.map(({ filter }) => filter));
    } else decodeFilters(texts, chunk, start, frame.end, COMPARED);
    this.#filters = texts.flatMap((text) => {
      const parsed = parseFilter(text);
      return parsed === null ? [] : [mountPoint + parsed.filter];
    });
  }
}

/** One serves all: a packet is read and forgotten. */
const publish = new PublishPacket();
