import type { FaultKind } from "./account.ts";
import { FaultyDisk } from "./faulty_disk.ts";
import { SmallDisk } from "./small_disk.ts";

/** MiB of a disk that can be full: what a round stores takes a part of it. */
const SMALL = 96;

/** Where the store of a round is, and what that disk can do wrong. */
export class RoundDisk implements AsyncDisposable {
  /** The folder of the store. */
  readonly path: string;
  readonly #faulty: FaultyDisk | null;
  readonly #small: SmallDisk | null;
  #isFull = false;

  private constructor(
    path: string,
    faulty: FaultyDisk | null,
    small: SmallDisk | null,
  ) {
    this.path = path;
    this.#faulty = faulty;
    this.#small = small;
  }

  /** One that can have `faults`; in `folder`, if it is not a disk of its own. */
  static async make(
    folder: string,
    faults: readonly FaultKind[],
  ): Promise<RoundDisk> {
    const small = faults.includes("full") ? await SmallDisk.mount(SMALL) : null;
    const path = small?.path ?? folder;
    const faulty = faults.includes("eio")
      ? await FaultyDisk.make(folder, `${path}/store`)
      : null;
    return new RoundDisk(path, faulty, small);
  }

  /** Variables that a broker on it is started with. */
  get env(): Readonly<Record<string, string>> {
    return this.#faulty?.env ?? {};
  }

  /** It does not work from now on; `percent` of calls fail with `eio`. */
  async fail(kind: FaultKind, percent: number): Promise<void> {
    if (kind === "eio") this.#faulty!.percent = percent;
    else {
      this.#isFull = true;
      await this.#small!.fill();
    }
  }

  /** It works again. */
  async heal(): Promise<void> {
    if (this.#faulty !== null) this.#faulty.percent = 0;
    if (this.#isFull) await this.#small!.clear();
    this.#isFull = false;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#faulty?.[Symbol.dispose]();
    await this.#small?.[Symbol.asyncDispose]();
  }
}
