import type { Cancel } from "../../clock/mod.ts";
import { type Frame, readFrame } from "../../codec/mod.ts";
import { broken } from "../../errors/mod.ts";
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
import type { Context } from "../core/context.ts";
import type { Deadline } from "../core/deadlines.ts";
import type { PacketTrace } from "../core/packet_trace.ts";
import { expectPacket } from "./first_packet.ts";
import type { FilterWork } from "./filter_work.ts";
import { limitMet } from "./limit_met.ts";
import { MountPoint } from "../session/mount_point.ts";
import type { ListenerOptions, SessionOptions } from "../core/options.ts";
import { Pump } from "./pump.ts";
import type { PublishRate } from "./publish_rate.ts";
import { type CloseReason, closeReasonOf } from "../core/reasons.ts";
import type { WorkKind } from "../core/turn_watch.ts";
import type { EndDetail, LoggedConnection } from "../core/session_log.ts";
import { Sender } from "../output/sender.ts";
import type { Registry } from "../session/registry.ts";
import type { Session } from "../session/session.ts";

/** Largest CONNECT in bytes: its sender is not authenticated yet. */
const CONNECT_MAXIMUM = 1024 * 1024;

/** Time for the peer to read DISCONNECT and close (ms). */
const LINGER = 2000;

/** Bytes of a packet under way that count for the keep alive as a packet does. */
const PART = 1024;

/** Takes the answer to one step of an authentication. */
export type Authenticated = (
  answer: AuthOutcome | Promise<AuthOutcome>,
) => void;

/**
 * opening: before CONNECT. authenticating: CONNECT is being judged. open: a
 * session is attached. closing: only the outbox is still written.
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
   * @throws {ProtocolError} for a packet that breaks the protocol.
   */
  handle(connection: Connection, chunk: Uint8Array, frame: Frame): boolean;
  /** Refuses a CONNECT with an answer, where the version has one, and closes. */
  refuse(connection: Connection, error: ProtocolError): void;
}

/**
 * One network connection: frames in, packets to their handlers, bytes out.
 * `Session` has the state that survives it.
 */
export class Connection implements Deadline, LoggedConnection {
  /** Counts the connections since the broker's start, from 1. */
  readonly id: number;
  /** Objects that all connections of the broker share. */
  readonly context: Context;
  /** The registry of its session. */
  readonly registry: Registry;
  readonly #handler: PacketHandler;
  /** Settings of its listener. */
  readonly listener: ListenerOptions;
  /**
   * The prefix of all topics of its client, or null.
   * @internal
   */
  readonly mountPoint: MountPoint | null;
  /** The peer's IP address. */
  readonly hostname: string;
  /** The peer's TCP port; 0 where there is none. */
  readonly port: number;
  /**
   * Sends packets to the client.
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
  /** Its state. */
  state: ConnectionState = "opening";
  /**
   * Settings at CONNACK: an MQTT 5.0 client may rely on them to the end.
   * @internal
   */
  promised: SessionOptions;
  /**
   * Session Expiry Interval (0x11) of its CONNECT in seconds, without the bound
   * of the settings; 0 where absent.
   */
  askedExpiry = 0;
  /** Null before CONNECT is decoded. */
  clientId: string | null = null;
  /** User name: that of CONNECT until the client is authenticated; or null. */
  username: string | null = null;
  /** Attached while it is open, else null. */
  session: Session | null = null;
  /**
   * Bound of its PUBLISH rate, or null.
   * @internal
   */
  rate: PublishRate | null = null;
  /** Cancels the end of a rate pause; null outside one. @internal */
  ratePause: Cancel | null = null;
  /** Ends the wait for the former session's end; null outside one. @internal */
  stopWaiting: Cancel | null = null;
  /** Keep alive in ms times 1.5; 0 for none [MQTT-3.1.2-22]. */
  patience = 0;
  /** PUBLISH packets from the client, repeated ones too. */
  publishReceived = 0;
  /** Time of the latest complete packet, or `PART` of one under way (ms). */
  heardAt = 0;
  /** Bytes of the packet under way that moved `heardAt`. */
  #heardOf = 0;
  /** Whether `max_keep_alive` is less than the keep alive of CONNECT. @internal */
  isKeepAliveCut = false;
  /** Topic aliases of the client; made with its first. */
  aliasesIn: (CachedTopic | undefined)[] | null = null;
  /** Bytes of long topics in `aliasesIn` that count in `Router.heap`. */
  aliasHeap = 0;
  /** QoS 2 ids of the session before it: the quota begins anew (4.9). */
  carried = 0;
  /** The client certificate, or null. */
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
  /** Ends the connection when the identity expires; null for one without expiry. */
  identityEnd: { stop(): void } | null = null;
  /** Credentials of CONNECT, kept for re-authentication. */
  credentials: Credentials | null = null;
  /** Authentication Method (0x15) of CONNECT, or null. */
  authMethod: string | null = null;
  /** The authentication under way, or null. */
  exchange: AuthExchange | null = null;
  /** Takes the answers of the exchange; null without one. @internal */
  authenticated: Authenticated | null = null;
  #trace: PacketTrace | null = null;
  /** Time of `due`, ms by `Clock.now`; Infinity for never. */
  at: number = Infinity;
  /** Belongs to `Deadlines`. */
  tick: number = -1;

  /**
   * Calls `whenClosed` once, when the stream is closed and all buffers are given
   * back.
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
    context.tracing?.opened(this);
  }

  /** Sees its packets both ways; null for none. @internal */
  get trace(): PacketTrace | null {
    return this.#trace;
  }

  set trace(trace: PacketTrace | null) {
    this.#trace = this.sender.outbox.trace = trace;
  }

  /** Names the work on its packets, for slow turns. */
  get kind(): WorkKind {
    return "packets";
  }

  /** Returns the protocol version; 4 before CONNECT. */
  get version(): ProtocolVersion {
    return this.sender.version;
  }

  /**
   * Serves the connection until it is closed. While the broker is loading, the
   * connection waits for `loaded`: no CONNECT can be answered before sessions are
   * restored.
   */
  start(): void {
    this.context.counters.connectionsOpened++;
    if (this.context.loading) this.pump.pause("loading");
    else this.#expectSoon();
    this.pump.start();
  }

  /** Goes on once sessions are restored. */
  loaded(): void {
    if (this.state !== "opening") return;
    // The broker may have replaced a damaged store meanwhile.
    this.sender.outbox.barrier = this.context.durability.barrier;
    this.#expectSoon();
    this.pump.resume("loading");
  }

  /** Starts the connect timeout of the listener. */
  #expectSoon(): void {
    const { clock, deadlines } = this.context;
    this.at = clock.now() + this.listener.connectTimeout;
    deadlines.set(this);
  }

  /**
   * Handles the packets in `chunk` from `start` up to `end`. Returns the offset
   * of the rest, which is incomplete or has to wait.
   */
  receive(chunk: Uint8Array, start: number, end: number): number {
    const { frame, turn, counters } = this.context;
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
        this.heardAt = turn.now;
        at = frame.end;
        if (this.#trace !== null) this.#trace.received(chunk, frame);
        if (!this.#handler.handle(this, chunk, frame)) {
          if (this.#trace !== null) this.#trace.postponed();
          return frame.start;
        }
        // The answers are for the packet that waited, not for a later one.
        if (settled !== null) this.settled = null;
        counters.packetsReceived++;
        if (this.state === "closing" || this.state === "closed") return end;
      }
    } catch (error) {
      this.fail(error);
      return end;
    }
    // Only this bounds the answers to a client that never reads.
    const { outbox } = this.sender;
    if (outbox.held && outbox.waiting > this.context.options.maxOutbound) {
      this.pump.pause("outbound-full");
    }
    return at;
  }

  /**
   * Counts the first `bytes` of a packet under way for the keep alive, a KiB at a
   * time: a large packet on a slow line may take longer than the keep alive. A
   * peer that trickles is still closed.
   */
  #hearPart(bytes: number): void {
    // Fewer bytes than before: another packet has begun.
    if (bytes < this.#heardOf) this.#heardOf = 0;
    if (bytes < this.#heardOf + PART) return;
    this.#heardOf = bytes;
    this.heardAt = this.context.turn.now;
  }

  /**
   * Closes the connection if its outbox waits for a commit, as commits have been
   * failing for a while: the wait would hold up all packets behind. The client
   * comes back, and repeats what was not acknowledged.
   */
  storeStuck(): void {
    if (this.sender.outbox.waitsForCommit) this.close("disk-full");
  }

  /** Sends messages that waited for commits, which work again. */
  storeWorks(): void {
    this.context.turn.begin(this);
    this.session?.queue.drain();
  }

  /** Returns the settings offered to its client: MQTT 5.0 has them in CONNACK. */
  get offered(): SessionOptions {
    return this.version === 5 ? this.promised : this.context.options;
  }

  /** Expects a packet every `keepAlive` seconds; 0 expects none. */
  watch(keepAlive: number): void {
    const { deadlines, turn } = this.context;
    this.patience = keepAlive * 1500;
    deadlines.clear(this);
    if (keepAlive === 0) return;
    this.at = turn.now + this.patience;
    deadlines.set(this);
  }

  /**
   * Closes the connection because of received bytes, or of an error of the
   * broker's own. Never throws: other clients' work goes on.
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
    const { reasonCode, message, detail, code } = error;
    this.close(why, reasonCode, message, { detail, code });
  }

  /** Ends at once because of an error after which no bytes can be written. */
  crashed(error: unknown): void {
    this.#note("its connection ends at once", error);
    this.close("internal-error");
    this.release();
  }

  #note(result: string, error: unknown): void {
    this.context.faults.note(result, error, this.clientId);
  }

  /** Takes a step of the end, which goes on where the step throws. */
  #survive(step: string, task: () => void): boolean {
    const result = `the connection ends without ${step}`;
    return this.context.faults.survive(result, task, this.clientId);
  }

  /**
   * Ends the connection. With a reason code, an open MQTT 5.0 client gets DISCONNECT
   * first, with `reason` where it wants one (3.1.2.11.7). Writes the rest of the
   * outbox within `LINGER`. The log has `end`, and else `reason`.
   */
  close(
    why: CloseReason,
    reasonCode: ReasonCode | null = null,
    reason?: string,
    end: EndDetail = {},
  ): void {
    if (this.state === "closing" || this.state === "closed") return;
    const wasOpen = this.state === "open";
    this.state = "closing";
    this.context.counters.closed[why]++;
    if (reasonCode !== null && this.version === 5 && wasOpen) {
      this.#survive(
        "DISCONNECT",
        () => this.sender.sendDisconnect(reasonCode, reason),
      );
    }
    const { detail = reason } = end;
    if (this.#trace !== null) this.#trace.closed(why, detail);
    // The end of its session may make room.
    const limit = limitMet(this, why, reasonCode, detail);
    this.#survive("a clean detachment", () => this.#leave());
    this.#survive("the log line", () => {
      const facts = { ...end, reason: why, wasOpen, reasonCode, limit, detail };
      this.context.log.closed(this, facts);
    });
    if (!this.#survive("the last write", () => this.#finish())) this.release();
  }

  /** Detaches the session and drops all that waits for this connection. */
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
    this.context.router.heap.used -= this.aliasHeap;
    this.aliasHeap = 0;
    if (session === null) return;
    const { counters } = this.context;
    if (--counters.clientsConnected < 0) {
      const { clientsConnected } = counters;
      counters.clientsConnected = broken("connected-clients", clientsConnected);
    }
    session.detach();
  }

  /** Writes the outbox, reads on until the peer's end, and then releases. */
  #finish(): void {
    this.pump.stop();
    if (this.sender.outbox.waiting === 0) return this.release();
    this.context.deadlines.clear(this);
    this.at = this.context.clock.now() + LINGER;
    this.context.deadlines.set(this);
    this.sender.outbox.whenEmpty(() => this.#linger());
  }

  /**
   * Ends the broker's side and waits for the peer's end: closing while the peer
   * still sends would reset the connection, and lose DISCONNECT.
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
    this.context.turn.begin(this);
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
    // While the reader is paused, silence is not the client's fault.
    if (this.pump.paused !== null) this.heardAt = now;
    const at = this.heardAt + this.patience;
    if (now >= at) {
      return this.close("keep-alive", ReasonCode.KeepAliveTimeout);
    }
    this.at = at;
    this.context.deadlines.set(this);
  }
}
