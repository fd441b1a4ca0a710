import type { Figures } from "../../admin/protocol/mod.ts";
import { VERSION } from "../../config/mod.ts";
import type { AdminParts } from "./admin_parts.ts";

/** Reads the figures that the admin page gets once a second. */
export class FigureSource {
  readonly #parts: AdminParts;
  readonly #startedAt: number;

  /** The uptime counts from now on. */
  constructor(parts: AdminParts) {
    this.#parts = parts;
    this.#startedAt = parts.clock.now();
  }

  /** The figures of this moment. */
  get figures(): Figures {
    const { registry: { context }, state, listeners, clock } = this.#parts;
    return {
      time: clock.date(),
      running: listeners().some(({ isWaiting }) => !isWaiting),
      loading: context.loading,
      trouble: context.durability.trouble,
      version: VERSION,
      uptime: Math.floor((clock.now() - this.#startedAt) / 1000),
      ...state(),
    };
  }
}
