import { MIB, SECOND } from "../text/units.ts";
import type { ProfileName, Settings } from "./settings.ts";

/** Bounds inside the broker that are no settings. */
export interface Tuning {
  /** Topics whose matches are cached, 1 to 2^24. */
  readonly cachedMatches: number;
  /** Pairs of client and topic whose rights are cached, 1024 or more. */
  readonly cachedRights: number;
  /** Bytes of read and write buffers kept for reuse, at least 0. */
  readonly keptBuffers: number;
  /** Threads at most that compare passwords; 0 = one less than cores, 1 to 4. */
  readonly passwordThreads: number;
}

/** Sections of the settings whose defaults a profile changes. */
export type Defaults = {
  readonly [Section in "limits" | "session" | "retained" | "storage"]?: Partial<
    Settings[Section]
  >;
};

/** The changes that a profile makes. */
export interface Profile {
  /** Defaults of settings that the configuration leaves out. */
  readonly defaults: Defaults;
  /** Bounds that are no settings. */
  readonly tuning: Tuning;
}

/** All profiles; `docs/small-boards.md` has the same table. */
export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  standard: {
    defaults: {},
    tuning: {
      cachedMatches: 2 ** 17,
      cachedRights: 2 ** 20,
      keptBuffers: 32 * MIB,
      passwordThreads: 0,
    },
  },
  small: {
    defaults: {
      limits: {
        max_packet_size: 4 * MIB,
        max_outbound: 4 * MIB,
        max_queued_memory: 16 * MIB,
      },
      session: { backlog_messages: 1000, backlog_bytes: 2 * MIB },
      retained: { max_bytes: 16 * MIB },
      storage: {
        flush_interval: 2 * SECOND,
        snapshot_interval: 6 * 3600 * SECOND,
      },
    },
    tuning: {
      cachedMatches: 2 ** 13,
      cachedRights: 2 ** 14,
      keptBuffers: 2 * MIB,
      passwordThreads: 1,
    },
  },
};

/** Memory below which a machine is small, in bytes. */
const SMALL_MEMORY = 512 * MIB;

/** Returns the profile of a machine with `memory` bytes. */
export function profileFor(memory: number): ProfileName {
  return memory < SMALL_MEMORY ? "small" : "standard";
}
