import { wholePages } from "../../../src/store/base/pages.ts";
import type { Random } from "../../support/random.ts";
import { type Access, NO_SPACE, type Node } from "./node.ts";

interface Value {
  readonly key: Deno.KvKey;
  readonly value: unknown;
  readonly versionstamp: string;
}

type Change = readonly [key: Deno.KvKey, value: unknown];
type Check = readonly [key: Deno.KvKey, versionstamp: string | null];

/** A transaction that the disk has not confirmed. */
interface Transaction {
  readonly checks: readonly Check[];
  readonly changes: readonly Change[];
}

/**
 * A database of Deno KV. A transaction is all or nothing and on disk when it
 * is confirmed; a crash leaves any of those that are under way.
 */
export class KvNode implements Node {
  #values = new Map<string, Value>();
  readonly #underway = new Set<Transaction>();
  #version = 0;
  /** SQLite's file: it does not shrink, and its free pages are used again. */
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The value at `key`, or null. */
  get(key: Deno.KvKey): Value | null {
    return this.#values.get(nameOf(key)) ?? null;
  }

  /** All values, in the order of their keys. */
  get all(): Value[] {
    return [...this.#values.values()]
      .sort((a, b) => compareKeys(a.key, b.key));
  }

  /** Bytes that its file grows by with `changes`. */
  growth(changes: readonly Change[]): number {
    let taken = this.#taken;
    for (const [key, value] of changes) {
      taken += pagesOf(value) - pagesOf(this.get(key)?.value);
    }
    return Math.max(0, taken - this.#size);
  }

  /** Bytes of the pages that values take. */
  get #taken(): number {
    let bytes = 0;
    for (const { value } of this.#values.values()) bytes += pagesOf(value);
    return bytes;
  }

  /** From now on a crash may leave it. */
  begin(transaction: Transaction): void {
    this.#underway.add(transaction);
  }

  /** It failed, and is not there. */
  abandon(transaction: Transaction): void {
    this.#underway.delete(transaction);
  }

  /** Does it; returns its version, or null when a check does not hold. */
  apply(transaction: Transaction): string | null {
    this.#underway.delete(transaction);
    for (const [key, versionstamp] of transaction.checks) {
      if ((this.get(key)?.versionstamp ?? null) !== versionstamp) return null;
    }
    this.#version++;
    const versionstamp = this.#version.toString(16).padStart(20, "0");
    for (const [key, value] of transaction.changes) {
      const name = nameOf(key);
      if (value === undefined) this.#values.delete(name);
      else this.#values.set(name, { key, value, versionstamp });
    }
    this.#size = Math.max(this.#size, this.#taken);
    return versionstamp;
  }

  crash(random: Random): void {
    for (const one of this.#underway) {
      if (random.chance(0.5)) this.apply(one);
    }
    this.#underway.clear();
  }

  /** Flips one bit of a value, as a worn disk does. */
  flip(random: Random): void {
    const values = this.all.filter(({ value }) => value instanceof Uint8Array);
    if (values.length === 0) return;
    const one = random.pick(values);
    const value = (one.value as Uint8Array).slice();
    value[random.below(value.length)] ^= 1 << random.below(8);
    this.#values.set(nameOf(one.key), { ...one, value });
  }
}

/** What `Deno.openKv` gives, as far as a store needs it. */
export class SimulatedKv {
  readonly #node: KvNode;
  readonly #random: Random;
  readonly #access: Access;

  constructor(node: KvNode, random: Random, access: Access) {
    this.#node = node;
    this.#random = random;
    this.#access = access;
  }

  async get(key: Deno.KvKey): Promise<unknown> {
    await this.#access("kv get");
    return this.#node.get(key) ?? { key, value: null, versionstamp: null };
  }

  async getMany(keys: readonly Deno.KvKey[]): Promise<unknown[]> {
    await this.#access("kv get");
    return keys.map((key) =>
      this.#node.get(key) ?? { key, value: null, versionstamp: null }
    );
  }

  async *list(selector: {
    readonly prefix?: Deno.KvKey;
    readonly start?: Deno.KvKey;
    readonly end?: Deno.KvKey;
  }): AsyncGenerator<Value> {
    await this.#access("kv list");
    const { prefix, start, end } = selector;
    for (const value of this.#node.all) {
      if (prefix !== undefined && !hasPrefix(value.key, prefix)) continue;
      if (start !== undefined && compareKeys(value.key, start) < 0) continue;
      if (end !== undefined && compareKeys(value.key, end) >= 0) continue;
      yield value;
    }
  }

  atomic(): SimulatedAtomic {
    return new SimulatedAtomic(this.#node, this.#random, this.#access);
  }

  close(): void {}
}

class SimulatedAtomic {
  readonly #node: KvNode;
  readonly #random: Random;
  readonly #access: Access;
  readonly #changes: Change[] = [];
  readonly #checks: Check[] = [];

  constructor(node: KvNode, random: Random, access: Access) {
    this.#node = node;
    this.#random = random;
    this.#access = access;
  }

  check(...checks: Deno.AtomicCheck[]): this {
    for (const { key, versionstamp } of checks) {
      this.#checks.push([key, versionstamp]);
    }
    return this;
  }

  set(key: Deno.KvKey, value: unknown): this {
    this.#changes.push([
      key,
      value instanceof Uint8Array ? value.slice() : value,
    ]);
    return this;
  }

  delete(key: Deno.KvKey): this {
    this.#changes.push([key, undefined]);
    return this;
  }

  async commit(): Promise<unknown> {
    const transaction = { checks: this.#checks, changes: this.#changes };
    this.#node.begin(transaction);
    try {
      await this.#access("kv commit", this.#node.growth(this.#changes));
    } catch (error) {
      if ((error as Error).message === NO_SPACE) {
        this.#node.abandon(transaction);
        throw new Error("database or disk is full");
      }
      // What is reported as failed may have worked all the same.
      if (this.#random.chance(0.3)) this.#node.apply(transaction);
      else this.#node.abandon(transaction);
      throw error;
    }
    const versionstamp = this.#node.apply(transaction);
    if (versionstamp === null) return { ok: false };
    await this.#access("kv answer");
    return { ok: true, versionstamp };
  }
}

/** Bytes that SQLite's file has for a value: within a row, or pages of its own. */
function pagesOf(value: unknown): number {
  if (!(value instanceof Uint8Array)) return 0;
  const { length } = value;
  return length <= 900 ? length + 120 : wholePages(length) + 512;
}

function nameOf(key: Deno.KvKey): string {
  return key.join("\0");
}

function hasPrefix(key: Deno.KvKey, prefix: Deno.KvKey): boolean {
  return key.length > prefix.length &&
    prefix.every((part, at) => key[at] === part);
}

/** Keys are texts, and numbers behind them, as our stores have them. */
function compareKeys(a: Deno.KvKey, b: Deno.KvKey): number {
  for (let at = 0; at < Math.min(a.length, b.length); at++) {
    const [x, y] = [a[at], b[at]];
    if (x === y) continue;
    if (typeof x === typeof y) {
      return (x as number | string) < (y as number | string) ? -1 : 1;
    }
    return typeof x === "string" ? -1 : 1;
  }
  return a.length - b.length;
}
