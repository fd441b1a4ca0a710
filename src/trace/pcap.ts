import { encodeConnect } from "../codec/mod.ts";
import { isIPv4, parseAddress } from "../network/mod.ts";
import type { TraceRow } from "./trace_row.ts";

/** pcap with nanoseconds, whose packets are IP without a link layer. */
const MAGIC = 0xa1b23c4d;
const RAW_IP = 101;

/** Largest packet that a reader has to expect (bytes). */
const SNAP = 262_144;

/** Bytes of the IPv4 and of the TCP header. */
const HEADERS = 40;

/** The address of the broker, kept for documentation (RFC 5737). */
const BROKER = [192, 0, 2, 1];

/** By this port tshark and Wireshark recognise MQTT. */
const MQTT = 1883;

/** Streams remembered at most; the oldest gives way. */
const MOST = 10_000;

/** A made-up TCP stream; a later connection from the same port continues it. */
interface Stream {
  readonly address: readonly number[];
  readonly port: number;
  /** Number of its present connection. */
  connection: number;
  /** Next sequence number of the client, and of the broker. */
  in: number;
  out: number;
}

/**
 * Writes the packets of a trace as a pcap file that tshark and Wireshark read as
 * MQTT. IPv4 and TCP headers are made up: the broker is 192.0.2.1, port 1883.
 */
export class Pcap {
  readonly #streams = new Map<string, Stream>();

  /** Returns the beginning of the file. */
  header(): Uint8Array {
    const view = new DataView(new ArrayBuffer(24));
    view.setUint32(0, MAGIC);
    view.setUint16(4, 2);
    view.setUint16(6, 4);
    view.setUint32(16, SNAP);
    view.setUint32(20, RAW_IP);
    return new Uint8Array(view.buffer);
  }

  /**
   * Returns the records of a row; none for a row without bytes. Before the first
   * packet of a connection that was there already comes a made-up CONNECT, from
   * which readers learn the version of MQTT.
   */
  records(row: TraceRow): Uint8Array[] {
    const { connection, bytes, packet } = row;
    if (bytes === undefined) return [];
    const records: Uint8Array[] = [];
    const stream = this.#streamOf(row);
    if (stream.connection !== connection) {
      stream.connection = connection;
      if (packet !== "CONNECT") {
        records.push(recordOf(stream, row.time, "in", madeUpConnect(row)));
      }
    }
    const content = Uint8Array.fromBase64(bytes);
    const { time, direction, size } = row;
    records.push(recordOf(stream, time, direction, content, size));
    return records;
  }

  #streamOf(row: TraceRow): Stream {
    const [address, port] = placeOf(row);
    const key = `${address} ${port}`;
    const known = this.#streams.get(key);
    if (known !== undefined) return known;
    if (this.#streams.size === MOST) {
      this.#streams.delete(this.#streams.keys().next().value!);
    }
    const stream = { address, port, connection: 0, in: 1, out: 1 };
    this.#streams.set(key, stream);
    return stream;
  }
}

/** Returns address and port of a client; made up where it has none of IPv4. */
function placeOf({ address, connection }: TraceRow): [number[], number] {
  const colon = address.lastIndexOf(":");
  const ip = parseAddress(address.slice(0, colon));
  const port = Number(address.slice(colon + 1));
  return ip !== null && isIPv4(ip) && port > 0
    ? [[...ip.subarray(12)], port]
    : [
      [10, connection >> 16 & 255, connection >> 8 & 255, connection & 255],
      1024 + connection % 60_000,
    ];
}

function madeUpConnect({ version, client }: TraceRow): Uint8Array {
  return encodeConnect({
    ...{ type: 1, version, bridge: false, clientId: client, cleanStart: false },
    ...{ keepAlive: 0, username: null, password: null, will: null },
    properties: {},
  });
}

function recordOf(
  stream: Stream,
  time: string,
  direction: "in" | "out",
  content: Uint8Array,
  size = 0,
): Uint8Array {
  const length = HEADERS + content.length;
  const record = new Uint8Array(16 + length);
  const view = new DataView(record.buffer);
  const ms = Date.parse(time);
  view.setUint32(0, Math.floor(ms / 1000));
  view.setUint32(4, ms % 1000 * 1_000_000);
  view.setUint32(8, length);
  // A cut payload shows as a packet that was longer on its way.
  view.setUint32(12, Math.max(length, HEADERS + size));
  writeHeaders(view, stream, direction, length);
  record.set(content, 16 + HEADERS);
  stream[direction] = stream[direction] + content.length >>> 0;
  return record;
}

function writeHeaders(
  view: DataView,
  stream: Stream,
  direction: "in" | "out",
  length: number,
): void {
  const isIn = direction === "in";
  const client = stream.address;
  const ip = 16;
  view.setUint8(ip, 0x45);
  view.setUint16(ip + 2, length);
  view.setUint8(ip + 8, 64);
  view.setUint8(ip + 9, 6);
  (isIn ? [...client, ...BROKER] : [...BROKER, ...client])
    .forEach((byte, index) => view.setUint8(ip + 12 + index, byte));
  const tcp = ip + 20;
  view.setUint16(tcp, isIn ? stream.port : MQTT);
  view.setUint16(tcp + 2, isIn ? MQTT : stream.port);
  view.setUint32(tcp + 4, isIn ? stream.in : stream.out);
  view.setUint32(tcp + 8, isIn ? stream.out : stream.in);
  view.setUint16(tcp + 12, 0x5018); // 20 bytes of header, PSH and ACK
  view.setUint16(tcp + 14, 0xffff);
}
