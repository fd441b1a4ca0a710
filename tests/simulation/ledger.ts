import type { World } from "./world.ts";

/** A message of a simulation. */
export interface SimulatedMessage {
  /** Its number, over all publishers; messages of one count up. */
  readonly serial: number;
  readonly publisher: string;
  readonly topic: string;
  readonly qos: number;
  readonly retain: boolean;
  /** Whether it clears what is retained. */
  readonly isEmpty: boolean;
  /** Bytes that its payload is longer than its name. */
  readonly padding: number;
  /** Message Expiry Interval in seconds; 0 = none. */
  readonly expiry: number;
  /** The event of its first transmission; 0 before. */
  sentAt: number;
  /** Whether it was sent more than once. */
  isRepeated: boolean;
  /** The last event of its exchange with the publisher. */
  touchedAt: number;
  /** The event of PUBREC or PUBACK, the broker's word to have it; 0 before. */
  takenAt: number;
  /** The event of its last acknowledgement, and the time; 0 before. */
  ackedAt: number;
  ackedTime: number;
  /** It need not arrive: refused, given up, or lost as the mode allows. */
  mayBeLost: boolean;
  /** It may arrive twice, as the mode allows. */
  mayDouble: boolean;
  /** It is a will: the broker acknowledges it to nobody. */
  readonly isWill: boolean;
  /** The same to clients without a lasting session: it was routed, not kept. */
  mayDoublePassing: boolean;
  /** It must not arrive: a will whose client said good-bye. */
  mustNot: boolean;
}

/** What one subscriber got of one message. */
export interface Arrival {
  count: number;
  /** The last event of its exchange with the subscriber. */
  touchedAt: number;
  mayDouble: boolean;
  /** Got while it was new, and not as what is retained. */
  isLive: boolean;
}

/** What was said and what arrived; wrong things become faults at once. */
export class Ledger {
  readonly world: World;
  /** What is wrong, the first first. */
  readonly faults: string[] = [];
  readonly messages: SimulatedMessage[] = [];
  /** By subscriber, by serial number. */
  readonly arrivals = new Map<string, Map<number, Arrival>>();
  /** Bytes that payloads are longer than they need be, at most. */
  padding = 0;
  /** Copies of QoS 0 to 2 that came, for the figures. */
  copies = 0;

  constructor(world: World) {
    this.world = world;
  }

  /** Something is not as it must be. */
  fault(text: string): void {
    this.world.tell(() => `FAULT ${text}`);
    this.faults.push(text);
  }

  /** A message that will be published. */
  add(
    of: Pick<
      SimulatedMessage,
      "publisher" | "topic" | "qos" | "retain" | "isEmpty" | "expiry" | "isWill"
    >,
  ): SimulatedMessage {
    const message = {
      ...of,
      serial: this.messages.length + 1,
      // A will is no longer than 65,535 bytes.
      padding: of.isWill ? 0 : this.messages.length * 3001 % (this.padding + 1),
      sentAt: 0,
      isRepeated: false,
      touchedAt: 0,
      takenAt: 0,
      ackedAt: 0,
      ackedTime: 0,
      mayBeLost: of.qos === 0,
      mayDouble: false,
      mayDoublePassing: false,
      mustNot: false,
    };
    this.messages.push(message);
    return message;
  }

  /** The message with a payload of `payloadOf`. */
  find(payload: string): SimulatedMessage | null {
    const message = this.messages[parseInt(payload.slice(1)) - 1];
    return message !== undefined && payloadOf(message) === payload
      ? message
      : null;
  }

  /** The broker has taken it over. */
  acked(message: SimulatedMessage): void {
    const { world } = this;
    message.ackedAt = message.touchedAt = world.tell(() =>
      `${message.publisher} has ${nameOf(message)} acknowledged`
    );
    message.takenAt ||= message.ackedAt;
    message.ackedTime = world.now;
  }

  /** The broker did not take it, or its publisher forgot it. */
  givenUp(message: SimulatedMessage): void {
    message.mayBeLost = true;
    message.touchedAt = this.world.tell(() =>
      `${message.publisher} gives ${nameOf(message)} up`
    );
  }

  /**
   * The broker has gone. What was acknowledged up to the event `promised` is
   * there when it is back, and all else up to `written`.
   */
  afterCrash(promised: number, written: number): void {
    for (const message of this.messages) {
      const { touchedAt, takenAt, ackedAt, isWill } = message;
      const kept = isWill ? Math.min(promised, written) : promised;
      if (takenAt > kept) message.mayBeLost = true;
      if (touchedAt > promised) message.mayDouble = true;
      if (ackedAt === 0) message.mayDoublePassing = true;
      // A good-bye may be forgotten, and a will published after all.
      if (message.mustNot && touchedAt > written) message.mustNot = false;
    }
    for (const arrivals of this.arrivals.values()) {
      for (const arrival of arrivals.values()) {
        if (arrival.touchedAt > promised) arrival.mayDouble = true;
      }
    }
  }

  /** All of the messages that `subscriber` got. */
  arrivalsOf(subscriber: string): Map<number, Arrival> {
    let arrivals = this.arrivals.get(subscriber);
    if (arrivals === undefined) {
      this.arrivals.set(subscriber, arrivals = new Map());
    }
    return arrivals;
  }
}

/** How the history calls a message. */
export function nameOf({ serial, topic, qos }: SimulatedMessage): string {
  return `m${serial} (${topic}, QoS ${qos})`;
}

/** Its payload; empty where it clears what is retained. */
export function payloadOf(
  { serial, isEmpty, padding }: SimulatedMessage,
): string {
  return isEmpty ? "" : `m${serial}${".".repeat(padding)}`;
}
