import { type ConnectOptions, Packets } from "../../support/packets.ts";
import {
  packetLength,
  type ReadPacket,
  readPacket,
} from "../../support/read_packet.ts";
import { xxhash32 } from "../../../src/store/base/xxhash32.ts";
import type { Ledger } from "../ledger.ts";
import { Wire } from "../wire.ts";
import type { World } from "../world.ts";

/** Where clients connect to. */
export interface Net {
  /** Whether a broker accepts connections. */
  readonly isListening: boolean;
  /** Gives the broker its end of a connection. */
  accept(wire: Wire): void;
}

/** What clients are made with. */
export interface Surroundings {
  readonly world: World;
  readonly ledger: Ledger;
  readonly net: Net;
}

/** Whether a client has a session at the broker. */
export type SessionState = "none" | "maybe" | "sure";

/** The broker may know so much earlier that a connection ended (s). */
const MARGIN = 8;

/** So long a CONNECT waits before it may be refused (ms). */
const REFUSED_AFTER = 5000;

/** How long a session lasts that nothing ends (s). */
export const FOR_EVER = 0xffffffff;

/** How the client of a simulation is. */
export interface ClientOptions {
  readonly id: string;
  readonly version: 4 | 5;
  /** Session Expiry Interval in seconds; in 3.1.1 it is `FOR_EVER`. */
  readonly expiry: number;
}

const PACKETS = [
  "",
  "CONNECT",
  "CONNACK",
  "PUBLISH",
  "PUBACK",
  "PUBREC",
  "PUBREL",
  "PUBCOMP",
  "SUBSCRIBE",
  "SUBACK",
  "UNSUBSCRIBE",
  "UNSUBACK",
  "PINGREQ",
  "PINGRESP",
  "DISCONNECT",
];

/**
 * A client whose state survives its connections. It knows what it may expect
 * of its session, and says when that is not so.
 */
export abstract class Client {
  readonly id: string;
  readonly version: 4 | 5;
  readonly expiry: number;
  readonly world: World;
  readonly ledger: Ledger;
  readonly packets: Packets;
  readonly #net: Net;
  #wire: Wire | null = null;
  #bytes = new Uint8Array(0);
  /** Hash of all the bytes it got: two runs of a seed give the same. */
  trace = 0;
  /** Whether CONNACK has come on the present connection. */
  isOpen = false;
  session: SessionState = "none";
  /** The event from which on the session is sure. */
  sureAt = 0;
  /** When its connection ended, ms; 0 while it has one. */
  leftTime = 0;
  /** Its connections' beginnings, with the time 0, and ends, by event. */
  readonly #turns: { readonly at: number; readonly time: number }[] = [];
  /** The last event that ended its session. */
  #endedAt = 0;
  /** Whether `leftTime` is also what the broker knows. */
  isLeftKnown = true;
  #isClean = false;
  /** When it sent the latest CONNECT (ms). */
  #askedTime = 0;
  /** It has forgotten what it knew of its session. */
  #mustClean = false;
  /** What it knew of its session as it connected. */
  #judged: SessionState = "none";
  /** Whether its session had outlived its time as it connected. */
  #wasOver = false;
  /** Whether its session outlives the connection. */
  lasts = false;

  constructor({ world, ledger, net }: Surroundings, options: ClientOptions) {
    this.world = world;
    this.ledger = ledger;
    this.#net = net;
    this.id = options.id;
    this.version = options.version;
    this.expiry = options.expiry;
    this.packets = new Packets(this.version);
  }

  /** Whether it has a connection, answered or not. */
  get isConnected(): boolean {
    return this.#wire !== null;
  }

  /** What it still has to do or to get, in words; "" when it is at rest. */
  abstract get unfinished(): string;

  /** More of its CONNECT. */
  protected connectOptions(): ConnectOptions {
    return {};
  }

  /** CONNACK came; `isPresent`: the broker has its session. */
  protected abstract accepted(isPresent: boolean): void;

  /** A packet came that is not CONNACK. */
  protected abstract receive(packet: ReadPacket): void;

  /** The connection is gone, or the broker. */
  protected abstract left(): void;

  /** It may expect nothing any more of the session it had. */
  protected abstract forget(): void;

  /** Connects, where a broker listens; takes over its own connection. */
  connect(wantsClean = false): void {
    if (!this.#net.isListening) return;
    // One that was not answered must not come behind the one that follows.
    if (!this.isOpen) this.cut();
    const before = this.#wire;
    if (before !== null) {
      before.stalled = false;
      this.#leave();
    }
    // One that has begun to forget goes on until the broker does so, too.
    const isClean = wantsClean || this.#mustClean;
    const wire = new Wire(this.world, {
      received: (bytes) => {
        if (this.#wire === wire) this.#received(bytes);
      },
      ended: () => {
        if (this.#wire === wire) this.#ended();
        wire.finish();
      },
    });
    this.#wire = wire;
    this.#isClean = isClean;
    this.#askedTime = this.world.now;
    this.#bytes = new Uint8Array(0);
    this.isOpen = false;
    this.#net.accept(wire);
    this.#wasOver = this.#isOver;
    this.lasts = this.expiry > 0 && !(isClean && this.version === 4);
    if (this.#mayBeOver && this.session === "sure") this.session = "maybe";
    this.#judged = this.session;
    // From here on the one before may be gone, and a new one there.
    if (isClean) this.doubt();
    if (isClean || this.session === "none") {
      this.session = this.lasts || this.session !== "none" ? "maybe" : "none";
    }
    const more = this.connectOptions();
    this.send(
      `CONNECT${isClean ? " clean" : ""}`,
      this.packets.connect({
        clientId: this.id,
        clean: isClean,
        ...more,
        properties: this.version === 4 ? [] : [
          Uint8Array.of(0x11, ...fourBytes(this.expiry)),
          ...(more.properties ?? []),
        ],
      }),
    );
  }

  /** The network fails: bytes that are under way are lost. */
  cut(): void {
    const wire = this.#wire;
    if (wire === null) return;
    this.world.tell(() => `${this.id} is cut off`);
    this.#leave();
    wire.cut();
  }

  /** It says DISCONNECT, which arrives some time. */
  disconnect(): void {
    const wire = this.#wire;
    if (wire === null) return;
    if (!this.isOpen) return this.cut();
    this.send("DISCONNECT", this.packets.disconnect());
    this.#leave();
    wire.finish();
  }

  /** The broker says that it has read the oldest DISCONNECT under way. */
  saidGoodbye(): void {}

  /** The broker's process is dead. */
  orphaned(): void {
    const wire = this.#wire;
    if (wire !== null) {
      this.#leave();
      wire.drop();
    }
    // When the broker thinks that it left depends on what it had written.
    this.isLeftKnown = false;
  }

  /** Whether it leaves unread what comes. */
  set stalled(isStalled: boolean) {
    const wire = this.#wire;
    if (wire === null || wire.stalled === isStalled) return;
    wire.stalled = isStalled;
    this.world.disturbedAt = this.world.events;
  }

  /** Something was acknowledged that the session had to be there for. */
  protected proved(): void {
    if (!this.lasts || this.session === "sure") return;
    this.session = "sure";
    this.sureAt = this.world.events;
  }

  protected send(what: string, bytes: Uint8Array): number {
    this.#wire?.send(bytes);
    return this.world.tell(() => `${this.id} -> ${what}`);
  }

  /**
   * The broker has gone. It has what was acknowledged up to the event
   * `promised`, and all that happened up to `written`.
   */
  afterCrash(promised: number, written: number): void {
    if (this.session === "sure" && this.sureAt > promised) {
      this.session = "maybe";
    }
    // One that was ended may be back.
    if (this.session === "none" && this.#endedAt > written) {
      this.session = "maybe";
    }
    // It may know of nothing since, so that the time away began earlier.
    const known = this.#turns.findLast(({ at }) => at <= written);
    const next = this.#turns.find(({ at, time }) => at > written && time > 0);
    const left = known?.time ? known : next;
    if (left !== undefined) this.leftTime = Math.min(this.leftTime, left.time);
  }

  #leave(): void {
    const wasOpen = this.isOpen;
    this.#wire = null;
    this.isOpen = false;
    if (wasOpen) {
      this.leftTime = this.world.now;
      this.#turns.push({ at: this.world.events, time: this.leftTime });
      this.isLeftKnown = true;
    } else this.isLeftKnown = false;
    this.left();
    if (this.lasts) {
      // The broker may have made a new session and not have said so: if there
      // is one next time, nothing tells the client which.
      if (!wasOpen && this.#judged !== "sure") this.doubt();
      return;
    }
    // Where no CONNACK came it may be the one before that is there.
    this.session = wasOpen ? "none" : "maybe";
    this.#endedAt = this.world.events;
    this.forget();
  }

  #ended(): void {
    this.world.tell(() => `${this.id} has its connection ended`);
    this.#leave();
  }

  #received(bytes: Uint8Array): void {
    this.trace = xxhash32(bytes, 0, bytes.length, this.trace | 0);
    const all = new Uint8Array(this.#bytes.length + bytes.length);
    all.set(this.#bytes);
    all.set(bytes, this.#bytes.length);
    this.#bytes = all;
    const wire = this.#wire;
    for (;;) {
      const length = packetLength(this.#bytes);
      if (length === 0) return;
      const packet = readPacket(this.#bytes.slice(0, length), this.version);
      this.#bytes = this.#bytes.slice(length);
      this.world.tell(() => `${this.id} <- ${describe(packet)}`);
      if (packet.type === 2) this.#connack(packet);
      else this.receive(packet);
      if (this.#wire !== wire) return;
    }
  }

  #connack({ code, sessionPresent }: ReadPacket): void {
    if (code !== 0) return this.#refused(code);
    this.isOpen = true;
    this.#mustClean = false;
    this.#turns.push({ at: this.world.events, time: 0 });
    this.#judge(sessionPresent);
    if (!sessionPresent) {
      this.#endedAt = this.world.events;
      this.session = this.lasts ? "maybe" : "none";
      this.forget();
    }
    this.accepted(sessionPresent);
  }

  /**
   * Only where the disk may have a former session that would lose or repeat a
   * QoS 2 message, and does not take its end in time.
   */
  #refused(code: number): void {
    const isUnavailable = code === (this.version === 5 ? 0x88 : 3);
    const isLate = this.world.now - this.#askedTime >= REFUSED_AFTER;
    const mayBeAnew = this.#isClean || this.#judged !== "sure";
    if (isUnavailable && isLate && mayBeAnew) return;
    this.ledger.fault(`${this.id}: CONNACK ${code}`);
  }

  /** Whether its session has been left for too long, for certain or maybe. */
  get #isOver(): boolean {
    return this.isLeftKnown && this.#away > this.expiry + 2;
  }

  get #mayBeOver(): boolean {
    return this.#away > this.expiry - MARGIN;
  }

  /** Seconds since its connection ended. */
  get #away(): number {
    if (this.expiry === FOR_EVER || this.leftTime === 0) return 0;
    return (this.world.now - this.leftTime) / 1000;
  }

  /** It cannot know whether the session is the one it had. */
  protected doubt(): void {
    this.#mustClean = true;
    this.forget();
    for (const arrival of this.ledger.arrivalsOf(this.id).values()) {
      arrival.mayDouble = true;
    }
  }

  /** Is the session there, or gone, as it must be? */
  #judge(isPresent: boolean): void {
    const { id, ledger } = this;
    const session = this.#judged;
    if (this.#isClean && isPresent) {
      ledger.fault(`${id}: a clean start finds a session`);
    } else if (isPresent && session === "none" && !this.#isClean) {
      ledger.fault(`${id}: a session that was over is back`);
    } else if (isPresent && this.#wasOver) {
      ledger.fault(`${id}: its session has outlived its expiry`);
    } else if (!isPresent && !this.#isClean && session === "sure") {
      // While a broker starts, CONNECT waits, and the session may end.
      if (!this.#mayBeOver) ledger.fault(`${id}: its session is lost`);
    }
  }
}

function fourBytes(number: number): number[] {
  return [24, 16, 8, 0].map((shift) => number >>> shift & 255);
}

function describe(packet: ReadPacket): string {
  const name = PACKETS[packet.type];
  if (packet.type === 2) {
    return `${name} ${
      packet.sessionPresent ? "session present" : "no session"
    }`;
  }
  if (packet.type === 3) {
    const id = packet.qos > 0 ? ` id ${packet.packetId}` : "";
    return `${name} ${packet.topic} "${
      packet.payload.replace(/\.+$/, "")
    }" QoS ${packet.qos}${id}` +
      (packet.dup ? " DUP" : "") + (packet.retain ? " RETAIN" : "");
  }
  const code = packet.code > 0 ? ` 0x${packet.code.toString(16)}` : "";
  return `${name}${packet.packetId > 0 ? ` id ${packet.packetId}` : ""}${code}`;
}
