import {
  type Message,
  type QoS,
  type SubscriptionOptions,
  Topic,
} from "../mqtt/mod.ts";
import type {
  RetainedPlace,
  RetainedSource,
  SessionSlot,
  StoredDelivery,
  StoredEntry,
  StoredPacketIds,
  StoredSession,
  StoredSubscription,
  StoredWill,
} from "./model/state.ts";
import type {
  RestoredEntry,
  RestoredSession,
  Restorer,
} from "./model/store.ts";
import type { StoredBody } from "./model/stored_body.ts";

/** The stored part of a session. */
export class PlainSession implements StoredSession {
  slot: SessionSlot | null = null;
  readonly clientId: string;
  expiryInterval = 0;
  detachedAt = 0;
  identity: StoredSession["identity"] = { username: null };
  bridge = false;
  will: StoredWill | null = null;
  received: Set<number> = new Set();
  packetIds: StoredPacketIds | null = null;
  /** Its subscriptions. */
  readonly subscriptions: PlainSubscription[] = [];
  /** Its entries, in their order. */
  readonly entries: PlainEntry[] = [];

  constructor(clientId: string) {
    this.clientId = clientId;
  }
}

/** A subscription of a `PlainSession`. */
export class PlainSubscription implements StoredSubscription {
  readonly subscriber: PlainSession;
  readonly filter: string;
  readonly share: string | null;
  readonly options: SubscriptionOptions;
  number = 0;
  block = 0;

  constructor(
    subscriber: PlainSession,
    filter: string,
    share: string | null,
    options: SubscriptionOptions,
  ) {
    this.subscriber = subscriber;
    this.filter = filter;
    this.share = share;
    this.options = options;
  }
}

/** An entry of a `PlainSession`. */
export class PlainEntry implements StoredEntry {
  message: Message | null;
  readonly qos: QoS;
  readonly retain: boolean;
  readonly delivery: StoredDelivery;
  packetId: number;
  number = 0;
  block = 0;
  body: StoredBody | null = null;
  dirty = false;

  constructor(session: PlainSession, stored: RestoredEntry) {
    const { identifiers, group } = stored;
    this.message = stored.message;
    this.qos = stored.qos;
    this.retain = stored.retain;
    this.packetId = stored.packetId;
    this.delivery = { subscriber: session, identifiers, group };
  }
}

/** The place of a topic in a `PlainState`. */
export interface PlainPlace extends RetainedPlace {
  readonly topicName: string;
  message: Message | null;
}

/** State without a broker: to inspect a store, to rewrite it, and for tests. */
export class PlainState implements Restorer, RetainedSource {
  /** Sessions in the order of their beginning. */
  readonly sessions: PlainSession[] = [];
  /** Retained messages by topic. */
  readonly places: Map<string, PlainPlace> = new Map();

  session(stored: RestoredSession): PlainSession {
    const session = new PlainSession(stored.clientId);
    session.expiryInterval = stored.expiryInterval;
    session.detachedAt = stored.detachedAt;
    const { username, isClaimed } = stored;
    session.identity = { username, isClaimed };
    session.bridge = stored.bridge;
    session.will = stored.will;
    session.received = new Set(stored.received);
    session.packetIds = stored.packetIds;
    this.sessions.push(session);
    return session;
  }

  subscription(
    session: StoredSession,
    filter: string,
    group: string | null,
    options: SubscriptionOptions,
  ): PlainSubscription {
    const owner = session as PlainSession;
    const made = new PlainSubscription(owner, filter, group, options);
    owner.subscriptions.push(made);
    return made;
  }

  entry(session: StoredSession, stored: RestoredEntry): PlainEntry {
    const owner = session as PlainSession;
    const made = new PlainEntry(owner, stored);
    owner.entries.push(made);
    return made;
  }

  retained(message: Message): PlainPlace {
    const topicName = message.topic.text;
    let place = this.places.get(topicName);
    if (place === undefined) {
      place = { topicName, message: null, block: 0 };
      this.places.set(topicName, place);
    }
    place.message = keep(message);
    return place;
  }

  retainedRemoved(topicName: string): PlainPlace | null {
    const place = this.places.get(topicName);
    if (place === undefined) return null;
    this.places.delete(topicName);
    place.message = null;
    return place;
  }

  messageAt(place: RetainedPlace): Message | null {
    return (place as PlainPlace).message;
  }

  topicOf(place: RetainedPlace): string {
    return (place as PlainPlace).topicName;
  }
}

/** Keeps a message and a copy of its topic's bytes. */
function keep(message: Message): Message {
  const { text, bytes } = message.topic;
  message.topic = new Topic(text, bytes.slice());
  return message.keep();
}
