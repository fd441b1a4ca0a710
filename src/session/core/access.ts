import type { Message, QoS, Topic } from "../../mqtt/mod.ts";
import {
  type AccessQuestion,
  type Authorizer,
  type Identity,
  receivableQos,
  type Rights,
} from "../../security/mod.ts";
import { KnownRights } from "./known_rights.ts";

/** Who is asked about: sessions are. */
export interface AccessHolder {
  /** Who it belongs to. */
  readonly identity: Identity;
  /** Stands for that identity in what is remembered; at least 1. */
  readonly identityNumber: number;
  /** What was asked last of it; null when that does not hold any more. */
  lastAsked: Topic | null;
  /** What the answer was. */
  lastRights: Rights;
  /** To which generation that answer belongs. */
  lastGeneration: number;
}

/** Answers that a packet waits for, kept until it is handled again. */
export interface SettledAccess {
  readonly questions: readonly AccessQuestion[];
  readonly answers: readonly boolean[];
  /** `Session.identityNumber` of the client they are about. */
  readonly identityNumber: number;
  /** `Authorizer.generation` of the rules that left the questions open. */
  readonly generation: number;
}

/** Counted up for every identity there is. */
let identities = 0;

/** The number of an identity that has just come: nobody had it before. */
export function nextIdentityNumber(): number {
  return ++identities;
}

/** What an authorizer says, remembered until it would say something else. */
export class Access {
  /** Who is asked. */
  readonly authorizer: Authorizer;
  readonly #known = new KnownRights();
  /** What is known belongs to this generation. */
  #generation: number;

  /** Nothing is known yet. */
  constructor(authorizer: Authorizer) {
    this.authorizer = authorizer;
    this.#generation = authorizer.generation;
  }

  /** What `holder` may do with `topic`. */
  rights(holder: AccessHolder, topic: Topic): Rights {
    const { generation } = this.authorizer;
    // Most clients have to do with one topic for a while.
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
    holder.lastAsked = topic.isView ? null : topic;
    return holder.lastRights;
  }

  #find(holder: AccessHolder, topic: Topic): Rights {
    const { authorizer } = this;
    // Topics that are used once would only push out what is used often.
    if (topic.number === 0) return authorizer.rights(holder.identity, topic);
    const known = this.#known.find(topic.number, holder.identityNumber);
    if (known >= 0) return known;
    const rights = authorizer.rights(holder.identity, topic);
    this.#known.note(topic.number, holder.identityNumber, rights);
    return rights;
  }

  /** The highest QoS up to `qos` at which `holder` may get it, or -1. */
  receivable(holder: AccessHolder, message: Message, qos: QoS): QoS | -1 {
    return receivableQos(
      this.rights(holder, message.topic),
      qos,
      message.retain,
    );
  }
}
