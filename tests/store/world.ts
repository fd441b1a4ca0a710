import assert from "node:assert/strict";
import { Message, type QoS, Topic } from "../../src/mqtt/mod.ts";
import {
  PlainEntry,
  type PlainPlace,
  PlainSession,
  PlainState,
  PlainSubscription,
} from "../../src/store/plain_state.ts";
import type { Store } from "../../src/store/mod.ts";

/** A message as tests make them. */
export function message(
  topic: string,
  payload: string | Uint8Array,
  more: Partial<Message> = {},
): Message {
  const bytes = typeof payload === "string"
    ? new TextEncoder().encode(payload)
    : payload;
  const made = new Message(
    new Topic(topic, new TextEncoder().encode(topic)),
    bytes,
    0,
    bytes.length,
  );
  return Object.assign(made, more);
}

/**
 * The state of a broker in small, which tells a store what changes, as
 * sessions and the router do.
 */
export class World {
  readonly state: PlainState;
  readonly store: Store;
  readonly #nodes = new Map<string, PlainPlace>();

  constructor(store: Store, state = new PlainState()) {
    this.store = store;
    this.state = state;
    for (const [topic, place] of state.places) this.#nodes.set(topic, place);
  }

  /** Loads a store into a new world. */
  static async load(store: Store): Promise<World> {
    const state = new PlainState();
    await store.load(state, state);
    return new World(store, state);
  }

  begin(clientId: string, fields: Partial<PlainSession> = {}): PlainSession {
    const session = new PlainSession(clientId);
    Object.assign(session, { expiryInterval: 3600 }, fields);
    this.state.sessions.push(session);
    this.store.changes.sessionChanged(session);
    return session;
  }

  change(session: PlainSession, fields: Partial<PlainSession>): void {
    Object.assign(session, fields);
    this.store.changes.sessionChanged(session);
  }

  end(session: PlainSession): void {
    const { changes } = this.store;
    this.state.sessions.splice(this.state.sessions.indexOf(session), 1);
    changes.sessionEnded(session);
    for (const entry of session.entries) changes.done(entry);
    for (const made of session.subscriptions) changes.unsubscribed(made);
  }

  subscribe(
    session: PlainSession,
    filter: string,
    more: { qos?: QoS; group?: string; identifier?: number } = {},
  ): void {
    const group = more.group ?? null;
    this.unsubscribe(session, filter, group);
    const made = new PlainSubscription(session, filter, group, {
      qos: more.qos ?? 1,
      noLocal: filter.length % 2 === 1,
      retainAsPublished: filter.length % 3 === 1,
      retainHandling: filter.length % 3 as 0 | 1 | 2,
      identifier: more.identifier ?? 0,
    });
    session.subscriptions.push(made);
    this.store.changes.subscribed(made);
  }

  unsubscribe(
    session: PlainSession,
    filter: string,
    group: string | null = null,
  ): void {
    const at = session.subscriptions.findIndex((one) =>
      one.filter === filter && one.share === group
    );
    if (at < 0) return;
    this.store.changes.unsubscribed(session.subscriptions[at]);
    session.subscriptions.splice(at, 1);
  }

  queue(
    queued: Message,
    sessions: readonly PlainSession[],
    more: Partial<PlainEntry["delivery"]> & { qos?: QoS } = {},
  ): PlainEntry[] {
    return sessions.map((session) => {
      const entry = new PlainEntry(session, {
        message: queued,
        qos: more.qos ?? 1,
        retain: queued.retain,
        packetId: 0,
        identifiers: more.identifiers ?? null,
        group: more.group ?? null,
      });
      session.entries.push(entry);
      this.store.changes.queued(entry);
      return entry;
    });
  }

  send(entry: PlainEntry, packetId: number): void {
    entry.packetId = packetId;
    this.store.changes.changed(entry);
  }

  pubrec(entry: PlainEntry): void {
    entry.message = null;
    this.store.changes.changed(entry);
  }

  done(entry: PlainEntry): void {
    const session = entry.delivery.subscriber as PlainSession;
    session.entries.splice(session.entries.indexOf(entry), 1);
    this.store.changes.done(entry);
  }

  receive(session: PlainSession, packetId: number): void {
    session.received.add(packetId);
    this.store.changes.received(session, packetId);
  }

  release(session: PlainSession, packetId: number): void {
    session.received.delete(packetId);
    this.store.changes.received(session, packetId);
  }

  retain(retained: Message): void {
    const topicName = retained.topic.text;
    let place = this.#nodes.get(topicName);
    if (place === undefined) {
      place = { topicName, message: null, block: 0 };
      this.#nodes.set(topicName, place);
    }
    place.message = retained;
    this.state.places.set(topicName, place);
    this.store.changes.retained(place, retained.size);
  }

  clear(topicName: string): void {
    const place = this.#nodes.get(topicName);
    if (place === undefined) return;
    place.message = null;
    this.#nodes.delete(topicName);
    this.state.places.delete(topicName);
    this.store.changes.retained(place);
  }

  /** Resolves once all that was noted is committed. */
  committed(): Promise<void> {
    return new Promise((resolve) =>
      this.store.onCommitted(this.store.batch, resolve)
    );
  }

  /** What should be found again, to be compared. */
  picture(): unknown {
    return picture(this.state);
  }
}

/** All that a state holds, as plain values. */
export function picture(state: PlainState): unknown {
  return {
    sessions: [...state.sessions].sort((a, b) =>
      a.clientId < b.clientId ? -1 : 1
    ).map((session) => ({
      clientId: session.clientId,
      expiryInterval: session.expiryInterval,
      detachedAt: session.detachedAt,
      username: session.identity.username,
      bridge: session.bridge,
      packetIds: session.packetIds,
      will: session.will && {
        delay: session.will.delay,
        messageExpiry: session.will.messageExpiry,
        message: show(session.will.message),
      },
      received: [...session.received].sort(),
      subscriptions: session.subscriptions.map(({ filter, share, options }) => (
        { filter, share, options }
      )).sort((a, b) =>
        `${a.share} ${a.filter}` < `${b.share} ${b.filter}` ? -1 : 1
      ),
      entries: session.entries.map((entry) => ({
        message: show(entry.message),
        qos: entry.qos,
        retain: entry.retain,
        packetId: entry.packetId,
        identifiers: entry.delivery.identifiers,
        group: entry.delivery.group,
      })),
    })),
    retained: [...state.places.values()].filter((place) =>
      place.message !== null
    ).map((place) => show(place.message)).sort((a, b) =>
      a!.topic < b!.topic ? -1 : 1
    ),
  };
}

function show(shown: Message | null) {
  if (shown === null) return null;
  const payload = shown.bytes.subarray(shown.payloadStart, shown.payloadEnd);
  return {
    topic: shown.topic.text,
    payload: payload.length > 200
      ? `${payload.length} bytes, ${payload[0]}…${payload[payload.length - 1]}`
      : new TextDecoder().decode(payload),
    properties: shown.properties === null ? null : [...shown.properties],
    qos: shown.qos,
    retain: shown.retain,
    expiresAt: shown.expiresAt,
    publisher: shown.publisher,
  };
}

/** Readings of the clock: where it began does not matter. */
const TIMES: ReadonlySet<string> = new Set(["expiresAt", "detachedAt"]);

/**
 * Asserts that two pictures are the same, and else names the first difference:
 * the whole of it would take a diff of thousands of lines. Times may differ by
 * one and the same duration.
 */
export function assertSame(found: unknown, expected: unknown, what = ""): void {
  const path = difference(found, expected, "", { ms: null });
  if (path !== null) assert.fail(`${what} differs at ${path}`.trim());
}

/** By how much all times differ, once it is known. */
interface Shift {
  ms: number | null;
}

function difference(
  a: unknown,
  b: unknown,
  path: string,
  shift: Shift,
): string | null {
  if (
    typeof a !== "object" || typeof b !== "object" || a === null || b === null
  ) return Object.is(a, b) ? null : `${path}: ${a}, not ${b}`;
  const names = new Set([...Object.keys(a), ...Object.keys(b)]);
  for (const name of names) {
    const one = (a as Record<string, unknown>)[name];
    let other = (b as Record<string, unknown>)[name];
    // Infinity for never; in JSON, as in a fixture, that is null.
    const isTime = TIMES.has(name) && Number.isFinite(other) && other !== 0;
    if (isTime) {
      shift.ms ??= (one as number) - (other as number);
      other = (other as number) + shift.ms;
    }
    const found = difference(one, other, `${path}.${name}`, shift);
    if (found !== null) return found;
  }
  return null;
}
