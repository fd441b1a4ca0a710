import type { Cancel, Clock } from "../clock/mod.ts";
import {
  decodePacket,
  encodeConnect,
  encodeDisconnect,
  encodeSubscribe,
  Frame,
  type Packet,
  PINGREQ,
  type PublishPacket,
  readFrame,
  writeAck,
} from "../codec/mod.ts";
import { readPropertyList } from "../codec/listing/mod.ts";
import {
  type ConnackPacket,
  decodeUtf8,
  encodeUtf8,
  packetName,
  PacketType,
  type ProtocolVersion,
  ReasonCode,
  reasonName,
  type SubackPacket,
  type SubscriptionRequest,
} from "../mqtt/mod.ts";
import { type BrokerAddress, dial, type Dialled } from "./dial.ts";
import { type ClientMessage, encodeMessage } from "./client_message.ts";
import { PacketIds } from "./packet_ids.ts";

/** From one PINGREQ to the next (ms). */
const PING = 30_000;

/** The largest packet of MQTT (bytes). */
const LARGEST = 268_435_460;

/** Messages in flight at most, whatever the broker allows. */
const WINDOW = 100;

/** How a client connects. */
export interface ClientOptions {
  /** The broker. */
  readonly address: BrokerAddress;
  /** Authorities in PEM besides the system's. */
  readonly authorities: readonly string[];
  /** Client id; empty asks the broker for one. */
  readonly clientId: string;
  /** User name; null for none. */
  readonly username: string | null;
  /** Password; null for none. */
  readonly password: string | null;
  /** The one source of time. */
  readonly clock: Clock;
  /** Receives the messages of subscriptions. */
  readonly onMessage: (message: ClientMessage) => void;
}

/** A broker that refuses, ends the connection, or breaks the protocol. */
export class ClientError extends Error {
  /** `ClientError`. */
  override readonly name = "ClientError";
}

/** A client for the commands: MQTT 5.0, or 3.1.1 where the broker has no 5.0. */
export class MqttClient {
  readonly #conn: Dialled;
  readonly #options: ClientOptions;
  /** Version of MQTT on the connection. */
  readonly version: ProtocolVersion;
  readonly #frame = new Frame();
  readonly #ids = new PacketIds(WINDOW);
  /** QoS 2 messages that PUBREL has still to end. */
  readonly #received = new Set<number>();
  readonly #connack = Promise.withResolvers<ConnackPacket>();
  readonly #closed = Promise.withResolvers<Error | null>();
  #suback: PromiseWithResolvers<SubackPacket> | null = null;
  #writing: Promise<void> = Promise.resolve();
  #stopPing: Cancel = () => {};
  #isClosing = false;
  /** The highest QoS that the broker takes. */
  maximumQos: 0 | 1 | 2 = 2;
  /** Whether the broker takes retained messages. */
  retainAvailable = true;

  private constructor(
    conn: Dialled,
    options: ClientOptions,
    version: ProtocolVersion,
  ) {
    this.#conn = conn;
    this.#options = options;
    this.version = version;
    // Nothing waits for them while the connection is at work.
    this.#connack.promise.catch(() => {});
  }

  /**
   * Connects. Rejects with `ClientError` when the broker refuses, and as
   * `Deno.connect` does.
   */
  static async connect(options: ClientOptions): Promise<MqttClient> {
    try {
      return await MqttClient.#open(options, 5);
    } catch (error) {
      if (!(error instanceof OldBroker)) throw error;
      return await MqttClient.#open(options, 4);
    }
  }

  static async #open(
    options: ClientOptions,
    version: ProtocolVersion,
  ): Promise<MqttClient> {
    const conn = await dial(options.address, options.authorities);
    const client = new MqttClient(conn, options, version);
    client.#read();
    await client.#write(encodeConnect({
      ...{ type: 1, version, bridge: false, cleanStart: true, will: null },
      clientId: options.clientId,
      keepAlive: 2 * PING / 1000,
      username: options.username,
      password: options.password === null ? null : encodeUtf8(options.password),
      properties: {},
    }));
    client.#accept(await client.#connack.promise);
    return client;
  }

  #accept({ code, properties }: ConnackPacket): void {
    if (code !== 0) {
      this.#end(null);
      const why = reasonName(code, PacketType.Connack, this.version);
      const said = properties.reasonString;
      throw new ClientError(
        `the broker refuses the connection: ${why}${said ? ` (${said})` : ""}`,
      );
    }
    this.maximumQos = (properties.maximumQoS ?? 2) as 0 | 1 | 2;
    this.retainAvailable = properties.retainAvailable !== false;
    this.#ids.window = Math.min(WINDOW, properties.receiveMaximum ?? WINDOW);
    this.#pingLater();
  }

  /** Resolves when the connection has ended: to the reason, or null for `close`. */
  get closed(): Promise<Error | null> {
    return this.#closed.promise;
  }

  #pingLater(): void {
    this.#stopPing = this.#options.clock.after(PING, () => {
      this.#write(PINGREQ).catch(() => {});
      this.#pingLater();
    });
  }

  /** Subscribes; rejects with `ClientError` for a filter that is refused. */
  async subscribe(requests: readonly SubscriptionRequest[]): Promise<void> {
    this.#suback = Promise.withResolvers();
    const answer = this.#suback.promise;
    const packet = { type: 8, packetId: 1, requests, properties: {} } as const;
    await this.#write(encodeSubscribe(packet, this.version));
    const { codes } = await answer;
    const refused = codes.findIndex((code) => code >= 0x80);
    if (refused < 0) return;
    const why = this.version === 5
      ? reasonName(codes[refused], PacketType.Suback, 5)
      : "the broker does not say why";
    throw new ClientError(`${requests[refused].filter} is refused: ${why}`);
  }

  /**
   * Publishes. Resolves once the broker may take another message; `onAnswer`
   * gets the reason code when the message is acknowledged, at QoS 0 at once.
   */
  async publish(
    message: ClientMessage,
    onAnswer: (code: number) => void,
  ): Promise<void> {
    if (message.qos === 0) {
      await this.#write(encodeMessage(message, 0, this.version));
      return onAnswer(0);
    }
    const id = await this.#ids.take(onAnswer);
    await this.#write(encodeMessage(message, id, this.version));
  }

  /** Resolves once all messages are acknowledged, or the connection has ended. */
  async acknowledged(): Promise<void> {
    await Promise.race([this.#ids.empty(), this.closed]);
  }

  /** Sends DISCONNECT, and closes. */
  async close(): Promise<void> {
    if (this.#isClosing) return;
    this.#isClosing = true;
    const packet = { type: 14, reasonCode: 0, properties: {} } as const;
    await this.#write(encodeDisconnect(packet, this.version)).catch(() => {});
    this.#end(null);
  }

  /** Writes one after the other. */
  #write(bytes: Uint8Array): Promise<void> {
    const write = async () => {
      for (let at = 0; at < bytes.length;) {
        at += await this.#conn.write(bytes.subarray(at));
      }
    };
    const written = this.#writing.then(write);
    this.#writing = written.catch((error) => this.#end(error));
    return written;
  }

  async #read(): Promise<void> {
    let chunk = new Uint8Array(64 * 1024);
    let length = 0;
    try {
      for (;;) {
        const count = await this.#conn.read(chunk.subarray(length));
        if (count === null) break;
        const used = this.#take(chunk, length += count);
        chunk.copyWithin(0, used, length);
        length -= used;
        if (length < chunk.length) continue;
        const wider = new Uint8Array(2 * length);
        wider.set(chunk);
        chunk = wider;
      }
      this.#end(new ClientError("the broker has ended the connection"));
    } catch (error) {
      this.#end(error as Error);
    }
  }

  /** Handles all packets in the first `length` bytes; returns their end. */
  #take(chunk: Uint8Array, length: number): number {
    const frame = this.#frame;
    let at = 0;
    while (readFrame(frame, chunk, at, length, LARGEST, this.version) > 0) {
      if (frame.type === PacketType.Connack && isOldRefusal(chunk, frame)) {
        throw new OldBroker();
      }
      this.#handle(decodePacket(chunk, frame, this.version, true));
      at = frame.end;
    }
    return at;
  }

  #handle(packet: Packet): void {
    switch (packet.type) {
      case PacketType.Connack:
        if (packet.code === ReasonCode.UnsupportedProtocolVersion) {
          throw new OldBroker();
        }
        return this.#connack.resolve(packet);
      case PacketType.Publish:
        return this.#receive(packet);
      case PacketType.Puback:
      case PacketType.Pubcomp:
        return this.#ids.answered(packet.packetId, packet.reasonCode);
      case PacketType.Pubrec:
        if (packet.reasonCode >= 0x80) {
          return this.#ids.answered(packet.packetId, packet.reasonCode);
        }
        return this.#acknowledge(6, packet.packetId);
      case PacketType.Pubrel:
        this.#received.delete(packet.packetId);
        return this.#acknowledge(7, packet.packetId);
      case PacketType.Suback:
        return this.#suback?.resolve(packet as SubackPacket);
      case PacketType.Disconnect: {
        const { reasonCode, properties } = packet;
        const why = reasonName(reasonCode, PacketType.Disconnect, 5);
        const said = properties.reasonString;
        throw new ClientError(
          `the broker ends the connection: ${why}${said ? ` (${said})` : ""}`,
        );
      }
      case PacketType.Pingresp:
        return;
      default:
        throw new ClientError(
          `the broker sends ${packetName(packet.type)}, which no broker may`,
        );
    }
  }

  #receive(packet: PublishPacket): void {
    const { qos, packetId } = packet;
    const isRepeated = qos === 2 && this.#received.has(packetId);
    if (!isRepeated) this.#options.onMessage(messageOf(packet, this.version));
    if (qos === 0) return;
    if (qos === 2) this.#received.add(packetId);
    this.#acknowledge(qos === 1 ? 4 : 5, packetId);
  }

  #acknowledge(type: 4 | 5 | 6 | 7, packetId: number): void {
    const bytes = new Uint8Array(4);
    writeAck(bytes, 0, type, packetId);
    this.#write(bytes).catch(() => {});
  }

  #end(error: Error | null): void {
    const why = this.#isClosing ? null : error;
    this.#stopPing();
    this.#closed.resolve(why);
    const reason = error ?? new ClientError("the connection is closed");
    this.#connack.reject(reason);
    this.#suback?.reject(reason);
    this.#ids.end(reason);
    try {
      this.#conn.close();
    } catch {
      // It was closed before.
    }
  }
}

/** The broker speaks no MQTT 5.0. */
class OldBroker extends Error {}

/** Returns whether a CONNACK is of 3.x, which has no properties, and refuses. */
function isOldRefusal(chunk: Uint8Array, { bodyStart, end }: Frame): boolean {
  return end - bodyStart === 2 && chunk[bodyStart + 1] === 1;
}

function messageOf(
  packet: PublishPacket,
  version: ProtocolVersion,
): ClientMessage {
  const { chunk, topicStart, topicEnd, qos, retain } = packet;
  const at = qos === 0 ? topicEnd : topicEnd + 2;
  return {
    topic: decodeUtf8(chunk, topicStart, topicEnd),
    payload: chunk.slice(packet.payloadStart, packet.end),
    qos,
    retain,
    properties: version === 5
      ? readPropertyList(chunk, at, packet.end).entries
      : [],
  };
}
