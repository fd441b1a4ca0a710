import { Message, type Topic, validateTopicName } from "../../../mqtt/mod.ts";
import type {
  RetainedCursor,
  RetainedStore,
  Router,
} from "../../../router/mod.ts";
import { badRequest } from "../walk/bad_request.ts";
import { AdminRefusal } from "../../../admin/protocol/mod.ts";
import { checkFilter } from "./retained_list.ts";
import type { Budget, Walk } from "../walk/walks.ts";

/** Topics of the broker itself, which it would retain again. */
const OWN = "$SYS/";

/** Units of work: a node, and a message removed. */
const NODE = 1;
const REMOVING = 8;

/** Nodes visited at a time. */
const SLICE = 64;

const EMPTY = new Uint8Array(0);

/**
 * Removes the retained message of a topic. Clients with a subscription get no
 * message of it.
 *
 * @throws {AdminRefusal} 400 for a topic that is not valid or the broker's own, 404
 * without a message.
 */
export function removeRetained({ retained }: Router, topicName: string): void {
  const fault = validateTopicName(topicName);
  if (fault !== null) throw badRequest(`topic is not a topic name: ${fault}`);
  if (topicName.startsWith(OWN)) {
    throw badRequest(`topics that begin with ${OWN} are the broker's own`);
  }
  const message = retained.get(topicName);
  if (message === null) {
    throw new AdminRefusal(
      404,
      "no-such-message",
      `no message is retained for ${topicName}`,
    );
  }
  remove(retained, message.topic);
}

/** An empty payload removes the message [MQTT-3.3.1-6]. */
function remove(retained: RetainedStore, topic: Topic): void {
  retained.apply(new Message(topic, EMPTY, 0, 0));
}

/** A number of messages, by a filter, at a time. */
export interface CountedRetained {
  readonly filter: string;
  /** Number of the latest message stored when the count began. */
  readonly latest: number;
  readonly count: number;
  /** Bytes of their topics, payloads and properties. */
  readonly bytes: number;
}

/** Counts the retained messages that match a filter, those of the broker not. */
export class RetainedCount implements Walk {
  readonly #filter: string;
  readonly #latest: number;
  readonly #cursor: RetainedCursor;
  readonly #now: () => number;
  #count = 0;
  #bytes = 0;

  /** @throws {AdminRefusal} 400 for a topic filter that is not valid. */
  constructor({ retained }: Router, filter: string, now: () => number) {
    checkFilter(filter);
    this.#filter = filter;
    this.#latest = retained.latest;
    this.#cursor = retained.matching(filter);
    this.#now = now;
  }

  /** Returns the count until now. */
  get counted(): CountedRetained {
    return {
      filter: this.#filter,
      latest: this.#latest,
      count: this.#count,
      bytes: this.#bytes,
    };
  }

  go(budget: Budget): boolean {
    const now = this.#now();
    while (budget.left > 0 && !this.#cursor.done) {
      const before = this.#count;
      this.#cursor.next(SLICE, now, this.#take);
      budget.left -= SLICE * NODE + 2 * (this.#count - before);
    }
    return !this.#cursor.done;
  }

  readonly #take = (message: Message): void => {
    if (message.topic.text.startsWith(OWN)) return;
    this.#count++;
    this.#bytes += message.size;
  };
}

/**
 * Removes the messages that a count has counted: not those that were stored or
 * replaced since, whose number is higher.
 */
export class RetainedDeletion implements Walk {
  readonly #retained: RetainedStore;
  readonly #cursor: RetainedCursor;
  readonly #now: () => number;
  readonly #found: Topic[] = [];
  /** Messages removed until now. */
  deleted = 0;

  /** `counted` names the messages. */
  constructor(
    { retained }: Router,
    { filter, latest }: CountedRetained,
    now: () => number,
  ) {
    this.#retained = retained;
    this.#cursor = retained.matching(filter, latest);
    this.#now = now;
  }

  go(budget: Budget): boolean {
    const now = this.#now();
    while (budget.left > 0 && !this.#cursor.done) {
      // The cursor allows no change of the store while it visits.
      this.#cursor.next(SLICE, now, this.#take);
      budget.left -= SLICE * NODE + REMOVING * this.#found.length;
      for (const topic of this.#found) remove(this.#retained, topic);
      this.deleted += this.#found.length;
      this.#found.length = 0;
    }
    return !this.#cursor.done;
  }

  readonly #take = ({ topic }: Message): void => {
    if (!topic.text.startsWith(OWN)) this.#found.push(topic);
  };
}
