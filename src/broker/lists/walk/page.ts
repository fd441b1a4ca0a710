import type { PageQuery } from "../../../admin/protocol/mod.ts";
import { badRequest } from "./bad_request.ts";
import type { Place, SortKey } from "./smallest_rows.ts";

/** Rows of a page, unless the request says less or more; and the most. */
export const USUAL_ROWS = 100;
export const MOST_ROWS = 1000;

/** Characters of the rows of one page, about. */
export const MOST_TEXT = 256 * 1024;

/** How a page is sorted, and where it begins. */
export interface PageOrder {
  readonly limit: number;
  /** Name of a column. */
  readonly column: string;
  readonly isDescending: boolean;
  readonly after: Place | null;
}

/**
 * Reads the order of a page; `columns` are those to sort by, the first without
 * a wish.
 *
 * @throws {AdminRefusal} 400 for a column or a place that does not exist.
 */
export function orderOf(
  query: PageQuery,
  columns: readonly string[],
): PageOrder {
  const { limit = USUAL_ROWS, sort = columns[0], after } = query;
  if (!Number.isInteger(limit) || limit < 1 || limit > MOST_ROWS) {
    throw badRequest(`limit must be 1 to ${MOST_ROWS}, not ${limit}`);
  }
  const isDescending = sort.startsWith("-");
  const column = isDescending ? sort.slice(1) : sort;
  if (!columns.includes(column)) {
    throw badRequest(
      `sort must be one of ${columns.join(", ")}, or one of them behind "-", ` +
        `not ${JSON.stringify(sort)}`,
    );
  }
  const place = after === undefined ? null : readPlace(after);
  if (place !== null && place.sort !== sort) {
    throw badRequest(
      `after belongs to a list sorted by ${JSON.stringify(place.sort)}; ` +
        "begin again without it, or keep sort",
    );
  }
  return { limit, column, isDescending, after: place };
}

/** Returns the place of a row as text, for `after`. */
export function placeText(
  { column, isDescending }: PageOrder,
  { key, id }: Place,
): string {
  const sort = isDescending ? `-${column}` : column;
  // A client id may be long, and is the key of most lists.
  const place = key === id ? [sort, id] : [sort, key, id];
  const bytes = new TextEncoder().encode(JSON.stringify(place));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

function readPlace(text: string): Place & { readonly sort: string } {
  try {
    const bytes = Uint8Array.fromBase64(text, { alphabet: "base64url" });
    const read: unknown = JSON.parse(new TextDecoder().decode(bytes));
    if (Array.isArray(read) && (read.length === 2 || read.length === 3)) {
      const [sort, key, id = key] = read;
      if (typeof sort === "string" && isKey(key) && typeof id === "string") {
        return { sort, key, id };
      }
    }
  } catch {
    // Not a place, as below.
  }
  throw badRequest("after is not the value of next of an earlier page");
}

function isKey(key: unknown): key is SortKey {
  return key === null || typeof key === "string" || typeof key === "number";
}
