import type { Message, QoS, Topic } from "../../mqtt/mod.ts";
import {
  type AccessQuestion,
  type Authorizer,
  type Identity,
  receivableQos,
  type Rights,
} from "../../security/mod.ts";
import { AuthorizationCache } from "./authorization_cache.ts";

/** A session, as far as access needs one. */
export interface AccessHolder {
  /** Identity of the client. */
  readonly identity: Identity;
  /** Number of that identity in caches; at least 1. */
  readonly identityNumber: number;
  /** Topic of the latest question; null when its answer no longer applies. */
  lastAsked: Topic | null;
  /** The latest answer. */
  lastRights: Rights;
  /** Generation of that answer. */
  lastGeneration: number;
}

/** Answers that a packet waits for, until the packet is handled again. */
export interface SettledAccess {
  readonly questions: readonly AccessQuestion[];
  readonly answers: readonly boolean[];
  /** `Session.identityNumber` of their client. */
  readonly identityNumber: number;
  /** `Authorizer.generation` of the rules that left the questions open. */
  readonly generation: number;
}

/** The latest number of an identity. */
let identities = 0;

/** Returns a number that no identity had before. */
export function nextIdentityNumber(): number {
  return ++identities;
}

/** Answers of an authorizer, cached until its generation changes. */
export class Access {
  /** The authorizer. */
  readonly authorizer: Authorizer;
  readonly #known: AuthorizationCache;
  /** Generation of the cached answers. */
  #generation: number;

  /** The cache is empty at first, and holds `cached` pairs at most. */
  constructor(authorizer: Authorizer, cached?: number) {
    this.#known = new AuthorizationCache(cached);
    this.authorizer = authorizer;
    this.#generation = authorizer.generation;
  }

  /** Returns the rights of `holder` to `topic`. */
  rights(holder: AccessHolder, topic: Topic): Rights {
    const { generation } = this.authorizer;
    // Most clients use one topic for a while.
    if (holder.lastAsked === topic && holder.lastGeneration === generation) {
      return holder.lastRights;
    }
    if (generation !== this.#generation) {
      this.#generation = generation;
      this.#known.clear();
    }
    holder.lastRights = this.#find(holder, topic);
    holder.lastGeneration = generation;
    // The view of a retained message comes once, and would pin its block.
    holder.lastAsked = topic.isView || topic.isLong ? null : topic;
    return holder.lastRights;
  }

  #find(holder: AccessHolder, topic: Topic): Rights {
    const { authorizer } = this;
    // Topics used once would displace topics used often.
    if (topic.number === 0) return authorizer.rights(holder.identity, topic);
    const known = this.#known.find(topic.number, holder.identityNumber);
    if (known >= 0) return known;
    const rights = authorizer.rights(holder.identity, topic);
    this.#known.note(topic.number, holder.identityNumber, rights);
    return rights;
  }

  /** Returns the highest QoS up to `qos` at which `holder` may get it, or -1. */
  receivable(holder: AccessHolder, message: Message, qos: QoS): QoS | -1 {
    return receivableQos(
      this.rights(holder, message.topic),
      qos,
      message.retain,
    );
  }
}
