import { MOST_TEXT, type PageOrder, placeText } from "./page.ts";
import { type Place, SmallestRows, type SortKey } from "./smallest_rows.ts";
import type { Budget, Walk } from "./walks.ts";

/** Units that it takes to make a row, to sort it, and to print it. */
const MAKING = 4;
const SORTING = 2;
const PRINTING = 4;

/** Items in any order, which may change between the steps. */
export interface Source<Item> {
  /** Whether all were visited. */
  readonly done: boolean;
  /** Takes one step, in constant time; null where it leads to no item. */
  step(): Item | null;
}

/** How a list is made of items. */
export interface ListShape<Item, Row> {
  /** Units of a visit, at least 1. */
  readonly cost: number;
  /** Returns whether the item belongs to the list. */
  readonly matches: (item: Item) => boolean;
  /** Returns what tells the item apart; later rows of the same are left out. */
  readonly idOf: (item: Item) => string;
  /** Returns the value of the column that the list is sorted by. */
  readonly keyOf: (item: Item) => SortKey;
  /** Returns the row, as the item is now. */
  readonly rowOf: (item: Item) => Row;
}

/** A page of a list. */
export interface ListPage {
  /** The rows, each as JSON. */
  readonly rows: readonly string[];
  /** `after` of the next page; null behind the last row. */
  readonly next: string | null;
}

/**
 * Makes one page of a sorted list: visits all items once, keeps the first rows
 * behind the place of the request, and prints them. A row is as its item was at
 * the visit. A page has no row twice, and none of its range is missing that
 * was there all the time.
 */
export class SortedWalk<Item, Row> implements Walk {
  readonly #source: Source<Item>;
  readonly #shape: ListShape<Item, Row>;
  readonly #order: PageOrder;
  readonly #found: SmallestRows<Row>;
  /** The rows found, the last one first. */
  readonly #sorted: (Place & { readonly row: Row })[] = [];
  readonly #rows: string[] = [];
  #length = 0;
  #next: string | null = null;
  /** Items visited; for tests and figures. */
  visited = 0;

  /** Begins with no row. */
  constructor(
    source: Source<Item>,
    shape: ListShape<Item, Row>,
    order: PageOrder,
  ) {
    this.#source = source;
    this.#shape = shape;
    this.#order = order;
    const { limit, isDescending, after } = order;
    this.#found = new SmallestRows(limit, isDescending, after);
  }

  /** Returns the page, once the walk is done. */
  get page(): ListPage {
    return { rows: this.#rows, next: this.#next };
  }

  go(budget: Budget): boolean {
    while (budget.left > 0) {
      if (!this.#source.done) this.#visit(budget);
      else if (this.#found.size > 0) {
        this.#sorted.push(this.#found.takeLast());
        budget.left -= SORTING;
      } else if (this.#sorted.length > 0) {
        this.#print(this.#sorted.pop()!);
        budget.left -= PRINTING;
      } else return false;
    }
    return true;
  }

  #visit(budget: Budget): void {
    const { cost, matches, idOf, keyOf, rowOf } = this.#shape;
    budget.left -= cost;
    const item = this.#source.step();
    if (item === null) return;
    this.visited++;
    if (!matches(item)) return;
    const key = keyOf(item);
    if (!this.#found.mayWant(key)) return;
    const id = idOf(item);
    if (!this.#found.wants(key, id)) return;
    this.#found.add(key, id, rowOf(item));
    budget.left -= MAKING;
  }

  #print(placed: Place & { readonly row: Row }): void {
    const text = JSON.stringify(placed.row);
    this.#rows.push(text);
    this.#length += text.length;
    const isFull = this.#length >= MOST_TEXT;
    const isLast = this.#sorted.length === 0;
    if (
      isFull ? !isLast || this.#found.hasMore : isLast && this.#found.hasMore
    ) {
      this.#next = placeText(this.#order, placed);
    }
    if (isFull) this.#sorted.length = 0;
  }
}
