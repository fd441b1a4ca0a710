import type {
  LevelQuery,
  PageQuery,
  SearchQuery,
} from "../../../admin/protocol/mod.ts";
import { type Message, validateTopicFilter } from "../../../mqtt/mod.ts";
import type { RetainedCursor, RetainedStore } from "../../../router/mod.ts";
import {
  childCount,
  LevelCursor,
  type RetainedNode,
} from "../../../router/reading/mod.ts";
import { badRequest } from "../walk/bad_request.ts";
import { MOST_ROWS, MOST_TEXT, orderOf, USUAL_ROWS } from "../walk/page.ts";
import { type RetainedRow, retainedRow } from "./retained_row.ts";
import type { SortKey } from "../walk/smallest_rows.ts";
import { SortedWalk } from "../walk/sorted_walk.ts";
import type { Budget, Walk } from "../walk/walks.ts";

/** Bytes of a payload that a row of a list has. */
const SHOWN = 256;

/** Units of work: a node, a message read, and one printed. */
const NODE = 1;
const READING = 4;
const PRINTING = 8;

/** One topic level, with what is retained at it and below. */
export interface LevelRow {
  /** The level alone; it may be empty. */
  readonly level: string;
  /** The levels from the first on, joined by slashes. */
  readonly path: string;
  /** Number of levels directly below. */
  readonly children: number;
  /** The message of the topic that ends here; null without one. */
  readonly message: RetainedRow | null;
}

const LEVEL_COLUMNS: Readonly<Record<string, (of: RetainedNode) => SortKey>> = {
  level: ({ level }) => level,
  children: childCount,
};

/**
 * Returns the walk that makes a page of topic levels.
 *
 * @throws {AdminRefusal} 400 for a query without a meaning.
 */
export function levelWalk(
  store: RetainedStore,
  query: LevelQuery & PageQuery,
  dateOf: (time: number) => string,
): SortedWalk<RetainedNode, LevelRow> {
  const order = orderOf(query, Object.keys(LEVEL_COLUMNS));
  const { path = null, contains = "" } = query;
  const above = path === null ? "" : `${path}/`;
  return new SortedWalk(new LevelCursor(store.root, path), {
    cost: NODE,
    matches: ({ level }) => contains === "" || level.includes(contains),
    idOf: ({ level }) => level,
    keyOf: LEVEL_COLUMNS[order.column],
    rowOf: (node) => {
      const message = store.read(node);
      return {
        level: node.level,
        path: above + node.level,
        children: childCount(node),
        message: message === null ? null : retainedRow(message, SHOWN, dateOf),
      };
    },
  }, order);
}

/**
 * Finds retained messages that match a filter, page by page, in the order of the
 * tree. It goes on where the page before ended, so it is kept between requests.
 * Each topic comes once; a topic that has a message all the time is found.
 */
export class RetainedSearch implements Walk {
  readonly #cursor: RetainedCursor;
  readonly #contains: string;
  readonly #limit: number;
  readonly #now: () => number;
  readonly #dateOf: (time: number) => string;
  #rows: string[] = [];
  #length = 0;
  /** Units that the latest message took. */
  #cost = 0;

  /** @throws {AdminRefusal} 400 for a query without a meaning. */
  constructor(
    store: RetainedStore,
    query: SearchQuery,
    now: () => number,
    dateOf: (time: number) => string,
  ) {
    const { filter = "", contains = "", limit = USUAL_ROWS } = query;
    checkFilter(filter);
    if (!Number.isInteger(limit) || limit < 1 || limit > MOST_ROWS) {
      throw badRequest(`limit must be 1 to ${MOST_ROWS}, not ${limit}`);
    }
    this.#cursor = store.matching(filter, Infinity);
    this.#contains = contains;
    this.#limit = limit;
    this.#now = now;
    this.#dateOf = dateOf;
  }

  /** Returns whether all messages were visited. */
  get done(): boolean {
    return this.#cursor.done;
  }

  /** Returns the rows found since the last call, each as JSON. */
  takeRows(): readonly string[] {
    const rows = this.#rows;
    this.#rows = [];
    this.#length = 0;
    return rows;
  }

  go(budget: Budget): boolean {
    const now = this.#now();
    while (budget.left > 0 && !this.#isFull && !this.#cursor.done) {
      // One node a step: a page ends at its last row, not behind it.
      budget.left -= NODE;
      this.#cursor.next(1, now, this.#take);
      budget.left -= this.#cost;
      this.#cost = 0;
    }
    return !this.#isFull && !this.#cursor.done;
  }

  get #isFull(): boolean {
    return this.#rows.length >= this.#limit || this.#length >= MOST_TEXT;
  }

  readonly #take = (message: Message): void => {
    this.#cost += READING;
    if (!message.topic.text.includes(this.#contains)) return;
    const text = JSON.stringify(retainedRow(message, SHOWN, this.#dateOf));
    this.#rows.push(text);
    this.#length += text.length;
    this.#cost += PRINTING;
  };
}

/** @throws {AdminRefusal} 400 for a topic filter that is not valid. */
export function checkFilter(filter: string): void {
  const fault = validateTopicFilter(filter);
  if (fault !== null) throw badRequest(`filter is not valid: ${fault}`);
}
