import type { Cancel } from "../../clock/mod.ts";
import { type Frame, readFrame } from "../../codec/mod.ts";
import {
  ProtocolError,
  type ProtocolVersion,
  ReasonCode,
} from "../../mqtt/mod.ts";
import type { CachedTopic } from "../../router/mod.ts";
import type {
  AuthExchange,
  AuthOutcome,
  ClientCertificate,
  Credentials,
} from "../../security/mod.ts";
import type { Accepted, ByteStream } from "../../transport/mod.ts";
import type { SettledAccess } from "../core/access.ts";
import { closeReasonOf } from "../core/closing_error.ts";
import type { Context } from "../core/context.ts";
import type { Deadline } from "../core/deadlines.ts";
import { expectPacket } from "./first_packet.ts";
import type { FilterWork } from "./filter_work.ts";
import { limitMet } from "./limit_met.ts";
import { MountPoint } from "../session/mount_point.ts";
import type { ListenerOptions, SessionOptions } from "../core/options.ts";
import { Pump } from "./pump.ts";
import type { PublishRate } from "./publish_rate.ts";
import type { CloseReason } from "../core/reasons.ts";
import type { EndDetail, LoggedConnection } from "../core/session_log.ts";
import { Sender } from "../output/sender.ts";
import type { Registry } from "../session/registry.ts";
import type { Session } from "../session/session.ts";

/** The largest CONNECT that is read: nobody is known yet who sends it. */
const CONNECT_MAXIMUM = 1024 * 1024;

/** Time in ms for the peer to take a farewell and close. */
const LINGER = 2000;

/** Bytes of a packet under way that keep a connection alive as a packet does. */
const PART = 1024;

/** Takes the answer to one step of an authentication. */
export type Authenticated = (
  answer: AuthOutcome | Promise<AuthOutcome>,
) => void;

/**
 * opening: CONNECT has not come. authenticating: it is being judged.
 * open: a session is attached. closing: only the outbox is still written.
 */
export type ConnectionState =
  | "opening"
  | "authenticating"
  | "open"
  | "closing"
  | "closed";

/** Handles the packets of connections: one serves all. */
export interface PacketHandler {
  /**
   * Handles the packet that `frame` found in `chunk`. Returns false when the
   * packet has to be handled again later; the reader is paused then.
   *
   * @throws {ProtocolError} where it breaks the protocol.
   */
  handle(connection: Connection, chunk: Uint8Array, frame: Frame): boolean;
  /** Answers a CONNECT that is refused, where there is an answer, and closes. */
  refuse(connection: Connection, error: ProtocolError): void;
}

/**
 * One network connection: frames in, packets to their handlers, bytes out.
 * What lasts longer than the network connection is in `Session`.
 */
export class Connection implements Deadline, LoggedConnection {
  /** Counts the connections since the broker's start, from 1. */
  readonly id: number;
  /** What it shares with the others of its broker. */
  readonly context: Context;
  /** Where its session is. */
  readonly registry: Registry;
  readonly #handler: PacketHandler;
  /** What the listener it came by sets. */
  readonly listener: ListenerOptions;
  /**
   * Before which topics its client sees; null for all as they are.
   * @internal
   */
  readonly mountPoint: MountPoint | null;
  /** The peer's IP address. */
  readonly hostname: string;
  /** The peer's TCP port; 0 where there is none. */
  readonly port: number;
  /**
   * What is said to the client.
   * @internal
   */
  readonly sender: Sender;
  /**
   * Reads its packets.
   * @internal
   */
  readonly pump: Pump;
  readonly #stream: ByteStream;
  readonly #whenClosed: () => void;
  /** How far it has come. */
  state: ConnectionState = "opening";
  /**
   * What CONNACK was made by: an MQTT 5.0 client may rely on it to the end.
   * @internal
   */
  promised: SessionOptions;
  /**
   * Session Expiry Interval (0x11) of its CONNECT in seconds, before any bound
   * of the broker's; 0 where it has none.
   */
  askedExpiry = 0;
  /** Null until CONNECT was decoded. */
  clientId: string | null = null;
  /** As CONNECT says, until the client is authenticated; null without one. */
  username: string | null = null;
  /** Attached while it is open, else null. */
  session: Session | null = null;
  /**
   * How fast it may publish; null without a bound.
   * @internal
   */
  rate: PublishRate | null = null;
  /** Cancels the end of a pause for its rate; null outside one. @internal */
  ratePause: Cancel | null = null;
  /** Ends the wait for the former session's end; null outside one. @internal */
  stopWaiting: Cancel | null = null;
  /** Keep alive in ms times 1.5; 0 for none [MQTT-3.1.2-22]. */
  patience = 0;
  /** Time of the latest complete packet, or `PART` of one under way (ms). */
  heardAt = 0;
  /** Bytes of the packet under way that moved `heardAt`. */
  #heardOf = 0;
  /** Whether `max_keep_alive` is less than its client asked for. @internal */
  isKeepAliveCut = false;
  /** Aliases the client has set; made by its first. */
  aliasesIn: (CachedTopic | undefined)[] | null = null;
  /** QoS 2 ids the session held before it: the quota begins anew (4.9). */
  carried = 0;
  /** The certificate by which it came in; null without one. */
  certificate: ClientCertificate | null = null;
  /**
   * Answers about access that the packet under way waited for, or null.
   * @internal
   */
  settled: SettledAccess | null = null;
  /**
   * The SUBSCRIBE or UNSUBSCRIBE that is handled in slices, or null.
   * @internal
   */
  filterWork: FilterWork | null = null;
  /** Ends it when what let its client in does; null where that has no end. */
  identityEnd: { stop(): void } | null = null;
  /** Credentials of the CONNECT, kept where AUTH may come again. */
  credentials: Credentials | null = null;
  /** Of its CONNECT; null without enhanced authentication. */
  authMethod: string | null = null;
  /** The authentication under way, or null. */
  exchange: AuthExchange | null = null;
  /** Takes the answers of the exchange; null without one. @internal */
  authenticated: Authenticated | null = null;
  /** When `due` is to be called, ms; Infinity for never. */
  at: number = Infinity;
  /** Belongs to `Deadlines`. */
  tick: number = -1;

  /**
   * `whenClosed` is called once, when the stream and all buffers are given back.
   */
  constructor(
    accepted: Accepted,
    listener: ListenerOptions,
    registry: Registry,
    handler: PacketHandler,
    whenClosed: () => void,
  ) {
    const { context } = registry;
    this.context = context;
    this.registry = registry;
    this.#handler = handler;
    this.promised = context.options;
    this.listener = listener;
    this.mountPoint = listener.mountPoint === ""
      ? null
      : new MountPoint(listener.mountPoint);
    this.id = ++context.connections;
    this.hostname = accepted.peer.hostname;
    this.port = accepted.peer.port;
    this.#stream = accepted.stream;
    this.#whenClosed = whenClosed;
    this.sender = new Sender(accepted.stream, context, this);
    this.pump = new Pump(accepted.stream, this, context);
  }

  /** As the CONNECT says; 4 until it has come. */
  get version(): ProtocolVersion {
    return this.sender.version;
  }

  /**
   * Serves the connection until it is closed. While the broker is loading it
   * only waits, until `loaded`: nobody could be told what his session is.
   */
  start(): void {
    this.context.counters.connectionsOpened++;
    if (this.context.loading) this.pump.pause("loading");
    else this.#expectSoon();
    this.pump.start();
  }

  /** Everything is restored. */
  loaded(): void {
    if (this.state !== "opening") return;
    // A store that turned out to be damaged was replaced meanwhile.
    this.sender.outbox.barrier = this.context.durability.barrier;
    this.#expectSoon();
    this.pump.resume("loading");
  }

  /** CONNECT has to be complete within the listener's timeout. */
  #expectSoon(): void {
    const { clock, deadlines } = this.context;
    this.at = clock.now() + this.listener.connectTimeout;
    deadlines.set(this);
  }

  /**
   * Handles the packets in `chunk` from `start` up to `end`, and returns how
   * far it came: the rest is not complete yet, or has to wait.
   */
  receive(chunk: Uint8Array, start: number, end: number): number {
    const { frame, passes, counters } = this.context;
    const { settled } = this;
    let at = start;
    try {
      while (at < end && this.pump.paused === null) {
        const limit = this.state !== "open"
          ? Math.min(CONNECT_MAXIMUM, this.listener.maxPacketSize)
          : this.listener.maxPacketSize;
        if (
          this.state !== "open" &&
          !expectPacket(this.state === "opening", chunk, at, end)
        ) break;
        if (readFrame(frame, chunk, at, end, limit, this.version) === 0) {
          this.#hearPart(end - at);
          break;
        }
        this.heardAt = passes.now;
        at = frame.end;
        if (!this.#handler.handle(this, chunk, frame)) return frame.start;
        // An answer is for the packet that waited, not for a later one.
        if (settled !== null) this.settled = null;
        counters.packetsReceived++;
        if (this.state === "closing" || this.state === "closed") return end;
      }
    } catch (error) {
      this.fail(error);
      return end;
    }
    // Answers are not messages: nothing else bounds what a client that never
    // reads makes us say.
    const { outbox } = this.sender;
    if (outbox.held && outbox.waiting > this.context.options.maxOutbound) {
      this.pump.pause("outbound-full");
    }
    return at;
  }

  /**
   * Counts the first `bytes` of a packet under way as a sign of life, a KiB at
   * a time: a large packet on a slow line takes longer than its keep alive, and
   * a peer that trickles is still closed.
   */
  #hearPart(bytes: number): void {
    // Fewer than before: another packet has begun.
    if (bytes < this.#heardOf) this.#heardOf = 0;
    if (bytes < this.#heardOf + PART) return;
    this.#heardOf = bytes;
    this.heardAt = this.context.passes.now;
  }

  /**
   * Commits have been failing for a while. What waits for one holds up
   * everything behind it, so such a connection is closed: its client comes
   * back, and what was not acknowledged is answered as it can be now.
   */
  storeStuck(): void {
    if (this.sender.outbox.waitsForCommit) this.close("disk-full");
  }

  /** Commits work again: what could not be sent meanwhile goes out. */
  storeWorks(): void {
    this.context.passes.begin();
    this.session?.queue.drain();
  }

  /** What is offered to its client: an MQTT 5.0 client was told once. */
  get offered(): SessionOptions {
    return this.version === 5 ? this.promised : this.context.options;
  }

  /** Expects a packet every `keepAlive` seconds; 0 expects none. */
  watch(keepAlive: number): void {
    const { deadlines, passes } = this.context;
    this.patience = keepAlive * 1500;
    deadlines.clear(this);
    if (keepAlive === 0) return;
    this.at = passes.now + this.patience;
    deadlines.set(this);
  }

  /**
   * Closes because of what was received, or of an error of our own. As all
   * that ends a connection, it never throws: other clients' work goes on.
   */
  fail(error: unknown): void {
    if (error instanceof ProtocolError) {
      if (this.#survive("the refusal", () => this.#refuse(error))) return;
    } else this.#note("its connection closes", error);
    this.close("internal-error", ReasonCode.UnspecifiedError);
  }

  #refuse(error: ProtocolError): void {
    if (this.state !== "open") return this.#handler.refuse(this, error);
    const why = closeReasonOf(error, "protocol-error");
    const { reasonCode, message, detail } = error;
    this.close(why, reasonCode, message, { detail });
  }

  /** Ends at once because of an error after which nothing can be written. */
  crashed(error: unknown): void {
    this.#note("its connection ends at once", error);
    this.close("internal-error");
    this.release();
  }

  #note(result: string, error: unknown): void {
    this.context.faults.note(result, error, this.clientId);
  }

  /** Takes a step of the end; where that throws, the end goes on without it. */
  #survive(step: string, task: () => void): boolean {
    const result = `the connection ends without ${step}`;
    return this.context.faults.survive(result, task, this.clientId);
  }

  /**
   * Ends the connection. With a code, an MQTT 5.0 client that is open gets a
   * DISCONNECT first, with `reason` where it wants one (3.1.2.11.7); what waits
   * in the outbox is written, within `LINGER`. `end` is for the log, which has
   * `reason` without it.
   */
  close(
    why: CloseReason,
    code: ReasonCode | null = null,
    reason?: string,
    end: EndDetail = {},
  ): void {
    if (this.state === "closing" || this.state === "closed") return;
    const wasOpen = this.state === "open";
    this.state = "closing";
    this.context.counters.closed[why]++;
    if (code !== null && this.version === 5 && wasOpen) {
      this.#survive(
        "DISCONNECT",
        () => this.sender.sendDisconnect(code, reason),
      );
    }
    this.#survive("a clean detachment", () => this.#leave());
    this.#survive("the log line", () => {
      const { detail = reason, fault } = end;
      const limit = limitMet(this, why, code, detail);
      const facts = { reason: why, wasOpen, code, limit, detail, fault };
      this.context.log.closed(this, facts);
    });
    if (!this.#survive("the last write", () => this.#finish())) this.release();
  }

  /** Lets go of the session and of all that waits for this connection. */
  #leave(): void {
    const { session } = this;
    this.session = null;
    this.exchange = null;
    this.filterWork = null;
    this.identityEnd?.stop();
    this.context.durability.drop(this);
    this.stopWaiting?.();
    this.ratePause?.();
    this.ratePause = null;
    if (session === null) return;
    this.context.counters.clientsConnected--;
    session.detach();
  }

  /** Writes what waits, reads on for the peer's end, and then releases. */
  #finish(): void {
    this.pump.stop();
    if (this.sender.outbox.waiting === 0) return this.release();
    this.context.deadlines.clear(this);
    this.at = this.context.clock.now() + LINGER;
    this.context.deadlines.set(this);
    this.sender.outbox.whenEmpty(() => this.#linger());
  }

  /**
   * Ends our side and waits for the peer to end its own: closing while it
   * still sends would reset the connection, and the farewell would be lost.
   */
  #linger(): void {
    if (this.#stream.closeWrite === undefined) return this.release();
    this.#stream.closeWrite().catch(() => this.release());
  }

  /** Gives the stream and all buffers back. */
  release(): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.context.deadlines.clear(this);
    this.sender.outbox.end();
    this.#survive("closing its stream", () => this.#stream.close());
    this.pump.end();
    this.#survive("its listener", this.#whenClosed);
  }

  /** The outbox has room again. */
  drained(): void {
    this.context.passes.begin();
    this.session?.queue.drain();
    this.pump.resume("outbound-full");
  }

  /** The stream refused to take more. */
  broken(): void {
    this.close("broken");
    this.release();
  }

  /** The peer has ended its side. */
  ended(): void {
    if (this.state === "closing") return this.release();
    this.close("client-closed");
    this.release();
  }

  /** Keep alive, connect timeout, or the end of lingering. */
  due(now: number): void {
    if (this.state === "opening" || this.state === "authenticating") {
      this.close("connect-timeout");
      return this.release();
    }
    if (this.state === "closing") return this.release();
    // While we do not read, silence is not the client's fault.
    if (this.pump.paused !== null) this.heardAt = now;
    const at = this.heardAt + this.patience;
    if (now >= at) {
      return this.close("keep-alive", ReasonCode.KeepAliveTimeout);
    }
    this.at = at;
    this.context.deadlines.set(this);
  }
}
