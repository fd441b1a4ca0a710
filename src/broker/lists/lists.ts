import {
  AdminRefusal,
  type ClientQuery,
  type Continued,
  type GroupName,
  type GroupQuery,
  type LevelQuery,
  type ListQuery,
  type SearchQuery,
  type SubscriptionQuery,
} from "../../admin/protocol/mod.ts";
import type { Clock } from "../../clock/mod.ts";
import type { Registry } from "../../session/mod.ts";
import { storedSoon } from "./clients/client_actions.ts";
import { type ClientDetail, clientDetail } from "./clients/client_detail.ts";
import { clientWalk } from "./clients/client_list.ts";
import type { RowSources } from "./clients/client_row.ts";
import { groupWalk, memberWalk } from "./subscriptions/group_list.ts";
import { Kept } from "./walk/kept.ts";
import type { RecentEnds } from "./clients/recent_ends.ts";
import {
  type CountedRetained,
  removeRetained,
  RetainedCount,
  RetainedDeletion,
} from "./retained/retained_changes.ts";
import { levelWalk, RetainedSearch } from "./retained/retained_list.ts";
import { type RetainedRow, retainedRow } from "./retained/retained_row.ts";
import type { ListPage } from "./walk/sorted_walk.ts";
import { subscriptionWalk } from "./subscriptions/subscription_list.ts";
import { type Walk, Walks } from "./walk/walks.ts";

/** Bytes of a payload that one message is shown with. */
const PAYLOAD_SHOWN = 256 * 1024;

/** Ends of connections that a row, and a whole client, may have. */
const ENDS_SHOWN = 20;

/** Parts that lists use. */
export interface ListParts {
  readonly registry: Registry;
  readonly clock: Clock;
  /** The latest ends of connections. */
  readonly ends: RecentEnds;
  /** Returns the type of a listener; null for one that is gone. */
  readonly typeOf: (listener: string) => string | null;
}

/** A sorted walk that may go on after a pause. */
interface PagedWalk extends Walk {
  readonly page: ListPage;
}

/** The result of a count: the token names what was counted for the deletion. */
export interface CountAnswer {
  readonly count: number;
  readonly bytes: number;
  /** Deletes what was counted, for a minute; null while the count goes on. */
  readonly token: string | null;
  /** Goes on with the count, for a minute; null at its end. */
  readonly continue: string | null;
}

/** The result of a deletion. */
export interface DeletionAnswer {
  /** Messages removed, in all answers of this deletion together. */
  readonly deleted: number;
  /** Messages counted that were replaced, removed or expired meanwhile. */
  readonly changed: number;
  /** Whether the removals are on disk. */
  readonly stored: boolean;
  /** Goes on with the deletion, for a minute; null at its end. */
  readonly continue: string | null;
}

interface Deletion {
  readonly walk: RetainedDeletion;
  readonly counted: CountedRetained;
}

/**
 * Lists of clients, subscriptions, shared groups and retained messages of the
 * running broker, and what an administrator does to them. Pages are JSON: rows
 * are printed in the turns of the walk.
 */
export class Lists {
  readonly #registry: Registry;
  readonly #clock: Clock;
  readonly #walks: Walks;
  readonly #ends: RecentEnds;
  readonly #typeOf: ListParts["typeOf"];
  readonly #paused: Kept<PagedWalk>;
  readonly #searches: Kept<RetainedSearch>;
  readonly #counts: Kept<RetainedCount>;
  readonly #counted: Kept<CountedRetained>;
  readonly #deletions: Kept<Deletion>;

  /** Begins without any walk. */
  constructor({ registry, clock, ends, typeOf }: ListParts) {
    const { context } = registry;
    this.#registry = registry;
    this.#clock = clock;
    this.#ends = ends;
    this.#typeOf = typeOf;
    this.#walks = new Walks(context.turn, clock);
    const { random } = context;
    this.#paused = new Kept(clock, random);
    this.#searches = new Kept(clock, random);
    this.#counts = new Kept(clock, random);
    this.#counted = new Kept(clock, random);
    this.#deletions = new Kept(clock, random);
  }

  /** Drops what is kept; no timer is left. */
  stop(): void {
    this.#paused.stop();
    this.#searches.stop();
    this.#counts.stop();
    this.#counted.stop();
    this.#deletions.stop();
  }

  /** Returns a page of clients with a session, as JSON. */
  clients(query: ClientQuery & ListQuery): Promise<string> {
    return this.#page(
      query,
      () => clientWalk(this.#registry, query, this.#sources()),
    );
  }

  /** Returns all that is known about a client. */
  client(clientId: string): ClientDetail {
    return clientDetail(this.#registry, clientId, this.#sources());
  }

  /** Returns a page of subscriptions, as JSON. */
  subscriptions(query: SubscriptionQuery & ListQuery): Promise<string> {
    return this.#page(query, () => subscriptionWalk(this.#registry, query));
  }

  /** Returns a page of shared groups, as JSON. */
  groups(query: GroupQuery & ListQuery): Promise<string> {
    return this.#page(query, () => groupWalk(this.#registry, query));
  }

  /** Returns a page of the members of a shared group, as JSON. */
  members(query: GroupName & ListQuery): Promise<string> {
    return this.#page(query, () => memberWalk(this.#registry, query, query));
  }

  /** Returns a page of the topic levels with retained messages, as JSON. */
  levels(query: LevelQuery & ListQuery): Promise<string> {
    const { retained } = this.#registry.context.router;
    return this.#page(query, () => levelWalk(retained, query, this.#dateOf()));
  }

  /**
   * Returns retained messages that match a filter, as JSON. `next` goes on where
   * the answer ended, for a minute.
   */
  async search(query: SearchQuery): Promise<string> {
    this.#walks.checkRoom();
    const search = query.next === undefined
      ? this.#newSearch(query)
      : this.#searches.take(query.next);
    const takenAt = this.#takenAt();
    await this.#walks.run(search);
    const rows = search.takeRows();
    const next = search.done ? null : this.#searches.keep(search);
    return answerText(takenAt, { rows, next }, null);
  }

  /** @throws {AdminRefusal} 404 without a message. */
  retained(topic: string): RetainedRow {
    const { retained } = this.#registry.context.router;
    const message = retained.get(topic);
    if (message === null || message.expiresAt <= this.#clock.now()) {
      throw new AdminRefusal(
        404,
        "no-such-message",
        `no message is retained for ${JSON.stringify(topic.slice(0, 200))}`,
      );
    }
    return retainedRow(message, PAYLOAD_SHOWN, this.#dateOf());
  }

  /** Counts the retained messages that match a filter, for `deleteCounted`. */
  async count(
    query: { readonly filter?: string } & Continued,
  ): Promise<CountAnswer> {
    this.#walks.checkRoom();
    const walk = query.continue === undefined
      ? new RetainedCount(
        this.#registry.context.router,
        query.filter ?? "",
        () => this.#clock.now(),
      )
      : this.#counts.take(query.continue);
    const isDone = await this.#walks.run(walk);
    const { counted } = walk;
    return {
      count: counted.count,
      bytes: counted.bytes,
      token: isDone ? this.#counted.keep(counted) : null,
      continue: isDone ? null : this.#counts.keep(walk),
    };
  }

  /** Removes the retained messages that were counted under a token. */
  async deleteCounted(
    query: { readonly token?: string } & Continued,
  ): Promise<DeletionAnswer> {
    this.#walks.checkRoom();
    const deletion = query.continue === undefined
      ? this.#newDeletion(query.token ?? "")
      : this.#deletions.take(query.continue);
    const { walk, counted } = deletion;
    const isDone = await this.#walks.run(walk);
    return {
      deleted: walk.deleted,
      changed: isDone ? counted.count - walk.deleted : 0,
      stored: await storedSoon(this.#registry.context),
      continue: isDone ? null : this.#deletions.keep(deletion),
    };
  }

  /** Removes one retained message; resolves to whether that is on disk. */
  deleteRetained(topic: string): Promise<boolean> {
    const { context } = this.#registry;
    removeRetained(context.router, topic);
    return storedSoon(context);
  }

  async #page(
    query: Continued,
    begin: () => PagedWalk,
  ): Promise<string> {
    this.#walks.checkRoom();
    const takenAt = this.#takenAt();
    const walk = query.continue === undefined
      ? begin()
      : this.#paused.take(query.continue);
    const isDone = await this.#walks.run(walk);
    return isDone
      ? answerText(takenAt, walk.page, null)
      : answerText(takenAt, NOTHING, this.#paused.keep(walk));
  }

  #newSearch(query: SearchQuery): RetainedSearch {
    const { retained } = this.#registry.context.router;
    const now = () => this.#clock.now();
    return new RetainedSearch(retained, query, now, this.#dateOf());
  }

  #newDeletion(token: string): Deletion {
    const counted = this.#counted.take(token);
    const { router } = this.#registry.context;
    const now = () => this.#clock.now();
    return { walk: new RetainedDeletion(router, counted, now), counted };
  }

  #sources(): RowSources {
    const dateOf = this.#dateOf();
    return {
      dateOf,
      typeOf: this.#typeOf,
      endsOf: (clientId) =>
        this.#ends.of(clientId, ENDS_SHOWN).map((end) => ({
          ...end,
          at: dateOf(end.at),
        })),
    };
  }

  /** Returns the function that makes dates of times by `Clock.now`. */
  #dateOf(): (time: number) => string {
    const ahead = this.#clock.date() - this.#clock.now();
    return (time) => new Date(time + ahead).toISOString();
  }

  #takenAt(): string {
    return new Date(this.#clock.date()).toISOString();
  }
}

const NOTHING: ListPage = { rows: [], next: null };

/** Returns an answer as JSON; the rows are JSON already. */
function answerText(
  takenAt: string,
  { rows, next }: ListPage,
  more: string | null,
): string {
  return `{"takenAt":${JSON.stringify(takenAt)},"rows":[${rows.join(",")}],` +
    `"next":${JSON.stringify(next)},"continue":${JSON.stringify(more)}}`;
}
