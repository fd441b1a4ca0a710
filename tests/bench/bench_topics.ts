import {
  encodeUtf8,
  type Message,
  type QoS,
  type SubscriptionOptions,
} from "../../src/mqtt/mod.ts";
import {
  type Delivery,
  Readiness,
  type Subscriber,
} from "../../src/router/subscribers/delivery.ts";

/** How many topics and filters the benchmarks use. */
export const COUNT = 100_000;

/** Options of a plain QoS 0 subscription. */
export const PLAIN: SubscriptionOptions = {
  qos: 0,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  identifier: 0,
};

/** Counts what it gets. */
export class CountingSubscriber implements Subscriber {
  subscriptions = 0;
  readonly clientId: string = "counting";
  /** Nothing of it is stored. */
  readonly slot: null = null;
  readiness(): Readiness {
    return Readiness.Free;
  }
  /** Deliveries so far. */
  count = 0;
  deliver(_message: Message, _delivery: Delivery): void {
    this.count++;
  }
  receivable(_message: Message, qos: QoS): QoS {
    return qos;
  }
}

/** The topic name `i` of `COUNT`. */
export function topicName(i: number): string {
  return `bench/d${i % 100}/r${i % 1000}/s${i}`;
}

/** The filter that matches topic `i` alone; every third has a wildcard. */
export function topicFilter(i: number): string {
  return i % 3 === 2 ? `bench/+/r${i % 1000}/s${i}` : topicName(i);
}

/** All topic names as bytes in one chunk; `ends[i]` is where `i` ends. */
export function topicChunk(): { chunk: Uint8Array; ends: number[] } {
  const chunk = new Uint8Array(COUNT * 32);
  const ends: number[] = [];
  let end = 0;
  for (let i = 0; i < COUNT; i++) {
    const bytes = encodeUtf8(topicName(i));
    chunk.set(bytes, end);
    ends.push(end += bytes.length);
  }
  return { chunk, ends };
}
