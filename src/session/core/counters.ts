import {
  CLOSE_REASONS,
  type CloseReason,
  DROP_REASONS,
  type DropReason,
  PAUSE_REASONS,
  type PauseReason,
} from "./reasons.ts";

/** Counts of events since the start, as plain fields: counting must be cheap. */
export class Counters {
  /** Bytes read from sockets. */
  bytesReceived = 0;
  /** Bytes that sockets took. */
  bytesSent = 0;
  /** Control packets of all types. */
  packetsReceived = 0;
  /** Control packets of all types, as they are put into outboxes. */
  packetsSent = 0;
  /** PUBLISH packets from clients, repeated ones too. */
  publishReceived = 0;
  /** PUBLISH packets to clients, repeated ones too. */
  publishSent = 0;
  /** Payload bytes in PUBLISH packets from clients. */
  publishBytesReceived = 0;
  /** Payload bytes in PUBLISH packets to clients. */
  publishBytesSent = 0;
  /** Sockets accepted. */
  connectionsOpened = 0;
  /** CONNECTs answered with success. */
  connectsAccepted = 0;
  /** Clients attached now. */
  clientsConnected = 0;
  /** The most clients that were attached at one time. */
  clientsMaximum = 0;
  /** Sessions that expired while detached. */
  clientsExpired = 0;
  /** Errors of the broker's own that it survived. */
  internalErrors = 0;
  /** Turns of the event loop in which all clients waited 50 ms or more. */
  slowTurns = 0;
  /** Counters of the broker that were found wrong: a mistake in it. */
  brokenInvariants = 0;
  /** Bytes waiting in outboxes. */
  outboundBytes = 0;
  /** Bytes waiting in backlogs and windows. */
  queuedBytes = 0;
  /** Messages waiting in backlogs. */
  queuedMessages = 0;
  /** Dropped messages by reason. */
  readonly dropped: Record<DropReason, number>;
  /** Ended connections by reason. */
  readonly closed: Record<CloseReason, number>;
  /** Pauses in reading a connection, by why they began. */
  readonly paused: Record<PauseReason, number>;

  constructor() {
    this.dropped = zeroes(DROP_REASONS);
    this.closed = zeroes(CLOSE_REASONS);
    this.paused = zeroes(PAUSE_REASONS);
  }

  /** Returns the number of all dropped messages. */
  get droppedMessages(): number {
    let sum = 0;
    for (const reason of DROP_REASONS) sum += this.dropped[reason];
    return sum;
  }
}

function zeroes<K extends string>(names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Record<
    K,
    number
  >;
}
