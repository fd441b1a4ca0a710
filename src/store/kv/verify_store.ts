import { EMPTY, type Head } from "../blocks/blocks.ts";
import { exists } from "../files/files.ts";
import { KvFile } from "./kv_file.ts";
import { newer } from "../base/newer.ts";
import { SCHEMA } from "../base/schema.ts";
import { isCorrupt, StoreError } from "../base/store_error.ts";
import { systemFiles } from "../files/system_files.ts";

/** The result of verifying a store's file. */
export interface Verdict {
  /** The schema; 0 = an empty store. */
  readonly schema: number;
  /** The head of its log. */
  readonly head: Head;
  /** Whether a journal has all recent commits. */
  readonly isJournaled: boolean;
  /**
   * Commits lost to damage in the write-ahead log, about. The store is whole as
   * of before them.
   *
   * @default {0}
   */
  readonly lost?: number;
}

/**
 * Verifies the file of a store: SQLite's own check, the head, the sums of all
 * blocks. A missing store counts as empty.
 *
 * @throws {StoreError} `corrupt` for damage, `newer` when a later version wrote
 * it, `failing` when it cannot be read at all.
 */
export async function verify(path: string): Promise<Verdict> {
  if (!await exists(systemFiles, path)) {
    return { schema: 0, head: EMPTY, isJournaled: false };
  }
  const lost = await lostCommits(path);
  const file = await KvFile.open(path);
  try {
    file.check();
    file.hold();
    const { schema } = file;
    if (schema > SCHEMA) throw newer(schema);
    await file.checkBlocks(schema);
    return { schema, head: file.head, isJournaled: file.isJournaled, lost };
  } finally {
    file.close();
  }
}

/** A stopped store has no such log, a killed one a short one. */
async function lostCommits(path: string): Promise<number> {
  if ((await systemFiles.size(`${path}-wal`) ?? 0) === 0) return 0;
  const { lostInLog } = await import("./write_ahead_log.ts");
  return await lostInLog(systemFiles, path);
}

/** Describes commits lost in the write-ahead log. */
export function describeLost(path: string, lost: number): string {
  const commits = lost === 1 ? "1 commit" : `${lost} commits`;
  return `${path}-wal is damaged: about ${commits} in it cannot be read`;
}

/**
 * Verifies the store at `path` as a start does, also while a broker uses it.
 *
 * @throws {StoreError} `missing`, `corrupt`, `newer`, or `failing`.
 */
export async function verifyStore(path: string): Promise<Verdict> {
  await present(path);
  const verdict = await verify(path).catch((error) => {
    throw damaged(error, path);
  });
  const { lost = 0 } = verdict;
  if (lost === 0) return verdict;
  throw new StoreError(
    "corrupt",
    describeLost(path, lost),
    undefined,
    "the next start continues without them; " +
      '"dunlin store restore FILE" puts a backup in its place',
  );
}

/** Adds the path of the store to an `error` about damage. */
export function damaged(error: unknown, path: string): unknown {
  if (!isCorrupt(error)) return error;
  return new StoreError(
    "corrupt",
    `${path} is damaged: ${error.message}`,
    error,
  );
}

/** Throws `StoreError` `missing` where there is no store. */
export async function present(path: string): Promise<void> {
  if (await exists(systemFiles, path)) return;
  throw new StoreError("missing", `there is no store at ${path}`);
}
