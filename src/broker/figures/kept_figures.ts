import type { Cancel } from "../../clock/mod.ts";
import type { Recorder, RecorderParts } from "./recorder.ts";

/**
 * Keeps a history while somebody asks for it. A broker that is never asked loads
 * and measures nothing.
 */
export class KeptFigures {
  readonly #parts: RecorderParts;
  #recorder: Promise<Recorder> | null = null;
  /** Owners that keep it for good. */
  #held = 0;
  #cancel: Cancel | null = null;
  #isStopped = false;

  /** Keeps nothing yet. */
  constructor(parts: RecorderParts) {
    this.#parts = parts;
  }

  /** Resolves to the recorder, which goes on for `ms` after the last call. */
  keep(ms: number): Promise<Recorder> {
    this.#cancel?.();
    this.#cancel = this.#parts.context.clock.after(ms, () => {
      this.#cancel = null;
      this.#endUnused();
    });
    return this.#record();
  }

  /** Resolves to the recorder, which goes on until `release`. */
  hold(): Promise<Recorder> {
    this.#held++;
    return this.#record();
  }

  /** Takes one `hold` back. */
  release(): void {
    this.#held--;
    this.#endUnused();
  }

  /** Ends it for good. */
  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#cancel = null;
    this.#end();
  }

  #record(): Promise<Recorder> {
    return this.#recorder ??= import("./recorder.ts").then(({ Recorder }) => {
      const recorder = new Recorder(this.#parts);
      if (this.#isStopped) recorder.stop();
      return recorder;
    });
  }

  #endUnused(): void {
    if (this.#held === 0 && this.#cancel === null) this.#end();
  }

  #end(): void {
    this.#recorder?.then((recorder) => recorder.stop());
    this.#recorder = null;
  }
}
