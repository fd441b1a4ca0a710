import type { Disk, Lock } from "../../../src/store/mod.ts";
import { StoreError } from "../../../src/store/mod.ts";
import { checkBlock, checkEnd } from "../../../src/store/blocks/block.ts";
import { EMPTY } from "../../../src/store/blocks/blocks.ts";
import { decodeHead } from "../../../src/store/blocks/head_record.ts";
import { blockKey, KvBlocks } from "../../../src/store/kv/kv_blocks.ts";
import type { StoreFile } from "../../../src/store/kv/full_disk_blocks.ts";
import { HEAD_KEY } from "../../../src/store/kv/own_kv.ts";
import { SCHEMA } from "../../../src/store/base/schema.ts";
import type { Verdict } from "../../../src/store/kv/verify_store.ts";
import type { World } from "../world.ts";
import { type Access, NO_SPACE } from "./node.ts";
import { SimulatedFile } from "./simulated_file.ts";
import { SimulatedFiles, SimulatedNames } from "./simulated_files.ts";
import { KvNode, SimulatedKv } from "./simulated_kv.ts";

/** Accesses take fewer turns than this. */
const SLOWEST = 5;

/** Bytes of a disk; others have the most of it. */
const TOTAL = 2 ** 41;

/** A disk that takes its time, fails, and outlives the brokers on it. */
export class SimulatedDisk {
  readonly #world: World;
  readonly #names = new SimulatedNames();
  /** Locks that are held, with the life that holds them. */
  readonly #locks = new Map<string, Life>();
  /** So many accesses from now on fail. */
  failing = 0;
  /** While set, accesses wait for `goOn`. */
  #hangs = false;
  #waiting: (() => void)[] = [];
  /** Whether another program has all that is free. */
  isTaken = false;
  /** Bytes that others leave to brokers. */
  readonly #room: number;
  /** The last turn in which an access failed. */
  #failed = 0;

  /** Others leave `room` bytes of it free. */
  constructor(world: World, room = TOTAL / 2) {
    this.#world = world;
    this.#room = room;
  }

  /** The last turn in which it did not work as a disk should. */
  get troubled(): number {
    return this.#hangs || this.isTaken ? this.#world.turns : this.#failed;
  }

  /** The disk as the process `life` has it. */
  mount(life: Life): Disk {
    const access: Access = (what, grows) => this.#access(life, what, grows);
    const files = new SimulatedFiles(this.#names, this.#world.random, access);
    return {
      files,
      lock: (path, name) => Promise.resolve(this.#lock(life, path, name)),
      verify: (path) => this.#verify(path, access),
      openToRead: (path) => this.#openToRead(path, access),
      openBlocks: async (path) => {
        const kv = new SimulatedKv(
          this.#database(path),
          this.#world.random,
          access,
        );
        return await KvBlocks.open(kv as unknown as Deno.Kv);
      },
      makeSingle: () => Promise.resolve(),
      newEpoch: () => 1 + this.#world.random.below(2 ** 31),
      space: () => Promise.resolve({ free: this.#free, total: TOTAL }),
    };
  }

  /** Accesses get no answer from now on. */
  hang(): void {
    this.#hangs = true;
  }

  /** Those that wait go on. */
  goOn(): void {
    if (this.#hangs) this.#failed = this.#world.turns;
    this.#hangs = false;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const next of waiting) next();
  }

  /** Another program takes all of it. */
  fill(): void {
    this.isTaken = true;
  }

  /** It works from now on, and has room. */
  heal(): void {
    this.failing = 0;
    if (this.isTaken) this.#failed = this.#world.turns;
    this.isTaken = false;
    this.goOn();
  }

  /** The process that had it is dead; with `isPower` its caches are lost. */
  released(life: Life, isPower: boolean): void {
    for (const [path, holder] of this.#locks) {
      if (holder === life) this.#locks.delete(path);
    }
    this.#waiting = [];
    this.#hangs = false;
    if (isPower) this.#names.crash(this.#world.random);
    else for (const node of this.#nodes) node.crash?.(this.#world.random);
  }

  /** Flips a bit of the file at `path`; false when there is none. */
  flip(path: string): boolean {
    const node = this.#names.at(path);
    if (!(node instanceof SimulatedFile) && !(node instanceof KvNode)) {
      return false;
    }
    this.#world.tell(() => `a bit of ${path} flips`);
    node.flip(this.#world.random);
    return true;
  }

  /** Names and sizes of what is there, for the history. */
  get inventory(): string {
    return this.paths.map((path) =>
      `${path.slice(path.lastIndexOf("/") + 1)} (${this.#names.at(path)!.size})`
    ).join(", ");
  }

  /** All paths there are. */
  get paths(): readonly string[] {
    return this.#names.paths;
  }

  /** Databases: a transaction may end or not when its process is killed. */
  get #nodes(): KvNode[] {
    return this.#names.paths.map((path) => this.#names.at(path))
      .filter((node) => node instanceof KvNode);
  }

  /** Bytes that nothing takes. */
  get #free(): number {
    if (this.isTaken) return 0;
    let free = this.#room;
    for (const path of this.paths) free -= this.#names.at(path)!.size;
    return free;
  }

  async #access(life: Life, what: string, grows = 0): Promise<void> {
    const { random } = this.#world;
    await new Promise<void>((resolve) => {
      this.#world.later(random.below(SLOWEST), resolve);
    });
    while (this.#hangs && !life.isOver) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    if (life.isOver) return await new Promise<never>(() => {});
    if (grows > 0 && grows > this.#free) throw new Error(NO_SPACE);
    if (this.failing === 0 || what === "kv answer") return;
    this.failing--;
    this.#failed = this.#world.turns;
    throw new Error("Input/output error (os error 5)");
  }

  #lock(life: Life, path: string, name: string): Lock {
    const holder = this.#locks.get(path);
    if (holder !== undefined && !holder.isOver) {
      throw new StoreError("locked", `the store ${path} is in use by ${name}`);
    }
    this.#locks.set(path, life);
    const release = () => {
      if (this.#locks.get(path) === life) this.#locks.delete(path);
      return Promise.resolve();
    };
    return { path, release };
  }

  #database(path: string): KvNode {
    const node = this.#names.at(path);
    if (node instanceof KvNode) return node;
    const made = new KvNode();
    this.#names.set(path, made);
    // SQLite has the folder on disk before it says that something is.
    this.#names.sync(path.slice(0, path.lastIndexOf("/")));
    return made;
  }

  /** As SQLite does, without Deno KV. */
  async #openToRead(path: string, access: Access): Promise<StoreFile> {
    await access("read");
    const node = this.#names.at(path);
    if (!(node instanceof KvNode)) {
      throw new StoreError("failing", `${path} cannot be read: it is missing`);
    }
    const head = node.get(HEAD_KEY);
    return {
      schema: head === null ? 0 : SCHEMA,
      head: head === null ? EMPTY : decodeHead(head.value as Uint8Array),
      *blocks(_schema, { first, last }) {
        for (let number = first; number <= last; number++) {
          const block = node.get(blockKey(SCHEMA, number));
          if (block === null) {
            throw new StoreError("corrupt", `no block ${number}`);
          }
          yield { number, bytes: block.value as Uint8Array };
        }
      },
      close() {},
    };
  }

  /** As `verify` does for files. */
  async #verify(path: string, access: Access): Promise<Verdict> {
    await access("verify");
    const node = this.#names.at(path);
    if (node === null) return { schema: 0, head: EMPTY, isJournaled: false };
    if (!(node instanceof KvNode)) {
      throw new StoreError("corrupt", "it is not a database");
    }
    const stored = node.get(HEAD_KEY);
    const isJournaled = node.get(["journaled"]) !== null;
    if (stored === null) return { schema: 0, head: EMPTY, isJournaled };
    const head = decodeHead(stored.value as Uint8Array);
    let sum = 0;
    for (let number = head.first; number <= head.last; number++) {
      const block = node.get(blockKey(SCHEMA, number));
      if (block === null) throw new StoreError("corrupt", `no block ${number}`);
      sum = checkBlock({ number, bytes: block.value as Uint8Array }, sum);
    }
    checkEnd(sum, head);
    return { schema: SCHEMA, head, isJournaled };
  }
}

/** The process that has a disk. */
export interface Life {
  /** It was killed, or the power went. */
  readonly isOver: boolean;
}
