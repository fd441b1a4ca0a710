import type { Settings } from "../config/mod.ts";
import type { Trust } from "./certificates/automatic_certificate.ts";
import type { AdminAddress, AdminPart } from "./admin/admin_part.ts";
import type { AdminParts } from "./admin/admin_parts.ts";
import type { StartThread } from "./admin/admin_thread.ts";
import type { Prepared, Reloadable } from "./reload.ts";

/**
 * The admin page of a broker, on or off: loads its part of the program with the
 * first settings that want it.
 */
export class AdminSwitch implements Reloadable {
  readonly #parts: () => AdminParts;
  readonly #startThread: StartThread | undefined;
  #part: AdminPart | null = null;
  #settings: Settings | null = null;
  #isStopped = false;

  /** `startThread`: for tests. @default starts the thread of the program */
  constructor(parts: () => AdminParts, startThread?: StartThread) {
    this.#parts = parts;
    this.#startThread = startThread;
  }

  /** Where the page is; null while it is off. */
  get address(): AdminAddress | null {
    return this.#part?.address ?? null;
  }

  /** The file by which clients trust its certificate; null where none does. */
  get trust(): Trust | null {
    return this.#part?.trust ?? null;
  }

  /** Serves the page if `settings` want it. Rejects with `AdminError`. */
  async start(settings: Settings): Promise<void> {
    (await this.prepare(settings)).apply();
  }

  /**
   * Serves the page as `settings` say, and as before when they are undone.
   * Rejects with `AdminError`.
   */
  async prepare(settings: Settings): Promise<Prepared> {
    const before = this.#settings;
    const wasOn = before?.admin.enabled ?? false;
    const isSame = JSON.stringify(before?.admin) ===
      JSON.stringify(settings.admin);
    if (settings.admin.enabled && !isSame) {
      const part = await this.#open();
      await part.serve(settings);
      if (this.#isStopped) part.stop();
    }
    return {
      apply: () => {
        this.#settings = settings;
        if (!settings.admin.enabled) this.#part?.stop();
      },
      undo: () => {
        if (isSame) return;
        if (!wasOn) this.#part?.stop();
        // It was served like that a moment ago; a failure is logged there.
        else if (before !== null) this.#part?.serve(before).catch(() => {});
      },
    };
  }

  /** Ends the page. */
  stop(): void {
    this.#isStopped = true;
    this.#part?.stop();
  }

  async #open(): Promise<AdminPart> {
    if (this.#part !== null) return this.#part;
    const { AdminPart } = await import("./admin/admin_part.ts");
    return this.#part = new AdminPart(this.#parts(), this.#startThread);
  }
}
