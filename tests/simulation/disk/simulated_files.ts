import { dirname } from "node:path";
import type { Files, OpenFile } from "../../../src/store/files/files.ts";
import type { Random } from "../../support/random.ts";
import { type Access, NO_SPACE, type Node } from "./node.ts";
import { SimulatedFile } from "./simulated_file.ts";

/** Bytes of SQLite's log; they count on no disk. */
const LOG = 5_000_000;

/** A change of names that the folder does not have on disk yet. */
interface Renaming {
  readonly folder: string;
  /** Names, with null where one goes; all of them at once. */
  readonly names: readonly (readonly [path: string, node: Node | null])[];
}

/** Names that lead to files, and which of them a crash leaves. */
export class SimulatedNames {
  #now = new Map<string, Node>();
  #onDisk = new Map<string, Node>();
  #changes: Renaming[] = [];

  /** What `path` leads to, or null. */
  at(path: string): Node | null {
    return this.#now.get(path) ?? null;
  }

  /** All paths there are, sorted. */
  get paths(): string[] {
    return [...this.#now.keys()].sort();
  }

  /** Has `path` lead to `node`, or to nothing. */
  set(path: string, node: Node | null): void {
    this.#change(path, [[path, node]]);
  }

  /** Gives `from` the name `to`, at once as far as anybody can see. */
  rename(from: string, to: string): void {
    const node = this.#now.get(from);
    if (node === undefined) throw new Deno.errors.NotFound(from);
    this.#change(to, [[to, node], [from, null]]);
  }

  /** The names in `folder` are on disk from now on. */
  sync(folder: string): void {
    this.#keep((change) => change.folder === folder);
  }

  /**
   * The names that were not synced go, the latest first: folders are kept in
   * order by the journals of file systems. Files lose what they may.
   */
  crash(random: Random): void {
    const kept = random.below(this.#changes.length + 1);
    this.#keep((_, index) => index < kept);
    this.#changes = [];
    this.#now = new Map(this.#onDisk);
    for (const node of new Set(this.#now.values())) node.crash(random);
  }

  #keep(isKept: (change: Renaming, index: number) => boolean): void {
    const left: Renaming[] = [];
    for (const [index, change] of this.#changes.entries()) {
      if (isKept(change, index)) put(this.#onDisk, change.names);
      else left.push(change);
    }
    this.#changes = left;
  }

  #change(path: string, names: Renaming["names"]): void {
    put(this.#now, names);
    this.#changes.push({ folder: dirname(path), names });
  }
}

function put(into: Map<string, Node>, names: Renaming["names"]): void {
  for (const [path, node] of names) {
    if (node === null) into.delete(path);
    else into.set(path, node);
  }
}

/** The files of a simulated disk, as one process has them. */
export class SimulatedFiles implements Files {
  readonly #names: SimulatedNames;
  readonly #access: Access;
  readonly #random: Random;

  /** `access` is asked before each operation: it waits, or fails. */
  constructor(
    names: SimulatedNames,
    random: Random,
    access: Access = () => Promise.resolve(),
  ) {
    this.#names = names;
    this.#random = random;
    this.#access = access;
  }

  async open(path: string, how: "read" | "create"): Promise<OpenFile> {
    await this.#access("open");
    let file = this.#names.at(path);
    if (how === "read") {
      if (file === null) throw new Deno.errors.NotFound(path);
    } else {
      if (file !== null) throw new Deno.errors.AlreadyExists(path);
      this.#names.set(path, file = new SimulatedFile());
    }
    if (!(file instanceof SimulatedFile)) throw new Error(`not bytes: ${path}`);
    return new Handle(file, this.#random, this.#access);
  }

  async list(folder: string): Promise<string[]> {
    await this.#access("list");
    const start = folder.endsWith("/") ? folder : `${folder}/`;
    return this.#names.paths
      .filter((path) => path.startsWith(start))
      .map((path) => path.slice(start.length));
  }

  async size(path: string): Promise<number | null> {
    await this.#access("size");
    const store = path.replace(/-wal$/, "");
    // The log of a store has its length, and is written over.
    if (store !== path && this.#names.at(store) !== null) return LOG;
    return this.#names.at(path)?.size ?? null;
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#access("rename");
    this.#names.rename(from, to);
  }

  async remove(path: string): Promise<void> {
    await this.#access("remove");
    if (this.#names.at(path) !== null) this.#names.set(path, null);
  }

  async writeAgain(path: string, from: number): Promise<void> {
    const file = this.#names.at(path);
    if (!(file instanceof SimulatedFile)) throw new Deno.errors.NotFound(path);
    const handle = new Handle(file, this.#random, this.#access);
    const bytes = new Uint8Array(Math.max(0, file.size - from));
    await handle.seek(from);
    await handle.read(bytes);
    await handle.seek(from);
    for (let done = 0; done < bytes.length;) {
      done += await handle.write(bytes.subarray(done));
    }
    await handle.sync();
  }

  async syncFolder(path: string): Promise<void> {
    await this.#access("syncFolder");
    this.#names.sync(dirname(path));
  }
}

class Handle implements OpenFile {
  readonly #file: SimulatedFile;
  readonly #random: Random;
  readonly #access: Access;
  #at = 0;

  constructor(file: SimulatedFile, random: Random, access: Access) {
    this.#file = file;
    this.#random = random;
    this.#access = access;
  }

  async size(): Promise<number> {
    await this.#access("size");
    return this.#file.size;
  }

  async read(into: Uint8Array): Promise<number | null> {
    await this.#access("read");
    const count = this.#file.read(this.#at, into);
    this.#at += count;
    return count === 0 ? null : count;
  }

  seek(at: number): Promise<void> {
    this.#at = at;
    return Promise.resolve();
  }

  async write(bytes: Uint8Array): Promise<number> {
    // A disk that fails may have taken a part.
    const some = bytes.subarray(0, 1 + this.#random.below(bytes.length));
    try {
      const grows = this.#at + some.length - this.#file.size;
      await this.#access("write", Math.max(0, grows));
    } catch (error) {
      if ((error as Error).message === NO_SPACE) throw error;
      this.#file.write(this.#at, some);
      this.#at += some.length;
      throw error;
    }
    this.#file.write(this.#at, some);
    this.#at += some.length;
    return some.length;
  }

  async truncate(length: number): Promise<void> {
    await this.#access("truncate");
    this.#file.truncate(length);
    this.#at = length;
  }

  async sync(): Promise<void> {
    try {
      await this.#access("sync");
    } catch (error) {
      this.#file.failSync(this.#random);
      throw error;
    }
    this.#file.sync();
  }

  close(): void {}
}
