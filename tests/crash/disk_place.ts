import assert from "node:assert/strict";
import { BrokerLife, freePort } from "./broker_life.ts";
import { SmallDisk } from "./small_disk.ts";

const missing = await SmallDisk.missing();

/**
 * A test on a small disk of `mebibytes`; skipped by name where there can be
 * none.
 */
export function testOnDisk(
  name: string,
  body: (disk: SmallDisk) => Promise<void>,
  mebibytes = 8,
) {
  Deno.test({
    name: missing === null ? name : `${name} [${missing}]`,
    ignore: missing !== null,
    fn: async () => {
      await using disk = await SmallDisk.mount(mebibytes);
      await body(disk);
    },
  });
}

/** How a broker ended. */
interface Ending {
  readonly code: number;
  readonly said: string;
}

/** A broker that stores on `disk`. */
export class Place implements AsyncDisposable {
  readonly port = freePort();
  readonly #settings: readonly string[];
  readonly #folder: string;
  #life: BrokerLife | null = null;

  constructor(
    mode: string,
    disk: SmallDisk,
    folder: string,
    more: readonly string[],
  ) {
    this.#folder = folder;
    this.#settings = [
      `storage.mode=${mode}`,
      `storage.path=${disk.path}/store.kv`,
      "storage.low_space=0",
      "storage.flush_interval=20ms",
      ...more,
    ];
  }

  /** Starts it; `more` settings are as `--set` takes them. */
  async start(...more: readonly string[]): Promise<void> {
    const settings = [...this.#settings, ...more];
    this.#life = new BrokerLife(this.port, settings, this.#folder);
    await this.#life.ready();
  }

  /** Starts a broker that must not come up; how it ends. */
  async fail(): Promise<Ending> {
    const life = new BrokerLife(this.port, this.#settings, this.#folder);
    await assert.rejects(life.ready());
    return { code: await life.ended, said: await life.said };
  }

  async kill(): Promise<void> {
    await this.#life?.kill();
  }

  async stop(): Promise<void> {
    await this.#life?.stop();
  }

  /** Asks it to end, as `stop` does; it may complain. */
  async end(): Promise<Ending> {
    Deno.kill(this.#life!.pid, "SIGTERM");
    return { code: await this.#life!.ended, said: await this.#life!.said };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await Deno.remove(this.#folder, { recursive: true });
  }
}

/**
 * A broker of `mode` that stores on `disk`; not started yet. `more` settings
 * are as `--set` takes them.
 */
export async function place(
  mode: string,
  disk: SmallDisk,
  more: readonly string[] = [],
): Promise<Place> {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-crash-" });
  return new Place(mode, disk, folder, more);
}
