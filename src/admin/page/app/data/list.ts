/// <reference lib="dom" />
import { type Signal, signal } from "@preact/signals";
import { get, Problem, type Query } from "./api.ts";

/** A page of rows, as the API gives it. */
export interface Page<Row> {
  readonly takenAt: string;
  readonly rows: readonly Row[];
  readonly next: string | null;
  readonly continue: string | null;
}

/**
 * A list of the API. It changes at the reader's wish alone: `load`, `more`.
 */
export class List<Row> {
  /** The rows; null before the first. */
  readonly rows: Signal<readonly Row[] | null> = signal(null);
  /** When the first page was taken, ISO 8601. */
  readonly takenAt: Signal<string | null> = signal(null);
  readonly isBusy: Signal<boolean> = signal(false);
  /** Whether there are more rows. */
  readonly hasMore: Signal<boolean> = signal(false);
  /** Why the last wish failed; empty if it did not. */
  readonly fault: Signal<string> = signal("");
  readonly #path: string;
  /** Name of the member that asks for the next page. */
  readonly #nextName: string;
  #query: Query = {};
  #next: string | null = null;
  #abort: AbortController | null = null;

  /** `path` is below `api/v1/`. */
  constructor(path: string, nextName: "after" | "next" = "after") {
    this.#path = path;
    this.#nextName = nextName;
  }

  /** Reads the first page of `query`. Never rejects: see `fault`. */
  async load(query: Query): Promise<void> {
    this.#query = query;
    await this.#read(query, []);
  }

  /** Reads the same query again. */
  async reload(): Promise<void> {
    await this.#read(this.#query, []);
  }

  /** Reads the next page. */
  async more(): Promise<void> {
    if (this.#next === null || this.isBusy.value) return;
    const next = { [this.#nextName]: this.#next };
    // The token of a search stands for all else.
    const query = this.#nextName === "next"
      ? next
      : { ...this.#query, ...next };
    await this.#read(query, this.rows.value ?? []);
  }

  async #read(query: Query, before: readonly Row[]): Promise<void> {
    this.#abort?.abort();
    const { signal } = this.#abort = new AbortController();
    this.isBusy.value = true;
    try {
      const page = await this.#page(query, signal);
      this.rows.value = [...before, ...page.rows];
      this.#next = page.next;
      this.hasMore.value = page.next !== null;
      if (before.length === 0) this.takenAt.value = page.takenAt;
      this.fault.value = "";
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof Problem)) throw error;
      this.fault.value = error.message;
    } finally {
      if (!signal.aborted) this.isBusy.value = false;
    }
  }

  /** Work that paused after a second goes on. */
  async #page(query: Query, signal: AbortSignal): Promise<Page<Row>> {
    let page = await get<Page<Row>>(this.#path, query, signal);
    while (page.continue !== null) {
      const next = { ...query, continue: page.continue };
      page = await get<Page<Row>>(this.#path, next, signal);
    }
    return page;
  }
}
