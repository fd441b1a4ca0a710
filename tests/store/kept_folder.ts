import {
  openStore,
  type StorageMode,
  type StoreSettings,
} from "../../src/store/mod.ts";
import { PlainState } from "../../src/store/plain_state.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settings } from "./settings.ts";
import { World } from "./world.ts";

/** A store that was opened, and what it had to say. */
export interface OpenedWorld {
  readonly world: World;
  readonly alarm: string | null;
}

/** A folder for a store, removed in the end. */
export class KeptFolder implements AsyncDisposable {
  readonly folder: string;
  readonly path: string;
  clock: ManualClock = new ManualClock();

  /** In the folder `within`, or where the system has what is temporary. */
  constructor(within?: string) {
    this.folder = Deno.makeTempDirSync({ dir: within, prefix: "dunlin-" });
    this.path = `${this.folder}/store.kv`;
  }

  /** What is in the folder, sorted. */
  get names(): string[] {
    return [...Deno.readDirSync(this.folder)].map(({ name }) => name).sort();
  }

  /** Names of what is there without the store's own. */
  having(part: string): string[] {
    return this.names.filter((name) => name.includes(part));
  }

  /** Opens and loads the store. */
  async open(
    mode: StorageMode = "fault-tolerant",
    more: Partial<StoreSettings> = {},
  ): Promise<OpenedWorld> {
    // A start is never in the same millisecond as the one before.
    this.clock.advance(1);
    const store = await openStore(settings(this.path, mode, more), this.clock);
    const state = new PlainState();
    const { alarm } = await store.load(state, state);
    return { world: new World(store, state), alarm };
  }

  /** Copies the files whose names `which` takes to another folder. */
  async copyTo(
    other: KeptFolder,
    which: (name: string) => boolean,
  ): Promise<void> {
    for (const name of this.names.filter(which)) {
      await Deno.copyFile(`${this.folder}/${name}`, `${other.folder}/${name}`);
    }
  }

  /** Makes the store unreadable. */
  ruin(): void {
    for (const part of ["", "-wal"]) {
      Deno.writeFileSync(this.path + part, new Uint8Array(5000).fill(9));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}
