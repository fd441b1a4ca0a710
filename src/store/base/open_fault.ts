import { StoreError } from "./store_error.ts";

/*
 * Only the damage listed here lets a start rename or rebuild a store. Any other
 * failure proves nothing about the file: the file stays, and the operator gets
 * advice.
 */

/** SQLite's messages for a file that is not, or no longer, a database. */
const DAMAGE =
  /database disk image is malformed|malformed database schema|file is not a database|unsupported file format|no such (table|column): |duplicate column name: |table \S+ already exists/i;

/** SQLite's codes for the same: CORRUPT and NOTADB. */
const DAMAGE_CODES: readonly unknown[] = [11, 26];

/** SQLite's code for a file that is shorter than its header says. */
const SHORT_READ = 522;

/** Messages of SQLite and the kernel about a full disk. */
const FULL = /disk is full|no space|ENOSPC|quota|EDQUOT|file too large|EFBIG/i;

/** Messages of SQLite and the kernel about a disk that does not work. */
const BROKEN = /I\/O error|input\/output|EIO|stale|ESTALE/i;

/** Messages of the system and SQLite, each with advice. */
const CAUSES: readonly (readonly [RegExp, string])[] = [
  [
    /openKv is not a function/,
    "this start has no Deno KV: add --unstable-kv to deno run, or start the " +
    "executable dunlin",
  ],
  [
    /locking protocol|operation not supported|not implemented|no locks available|ENOLCK/i,
    "the file system lacks the file locks that SQLite needs, as NFS often " +
    "does: name a folder on a local disk with " +
    "--set storage.path=FOLDER",
  ],
  [
    /database( table)? is locked|database schema is locked|busy/i,
    "another program holds the file locked: end that one, " +
    "and start again",
  ],
  [
    /read-?only|EROFS/i,
    "make the file, its folder and its disk writable for this user, or name " +
    "another folder with --set storage.path=FOLDER",
  ],
  [
    /permission|denied|not permitted|EACCES|EPERM|unable to open database/i,
    "let this user read and write the file, the files beside it and their " +
    "folder, or name another folder with --set storage.path=FOLDER",
  ],
  [
    /out of memory|cannot allocate|ENOMEM/i,
    "memory is short: end other programs, or give this one more, and start " +
    "again",
  ],
  [
    FULL,
    "make room on that disk, or name a folder on another one with " +
    "--set storage.path=FOLDER",
  ],
  [
    /too many open files|EMFILE|ENFILE/i,
    "let this user open more files (ulimit -n), and start again",
  ],
  [
    BROKEN,
    "the disk reports errors: read the system's log (dmesg), and " +
    "copy the folder of the store to another disk",
  ],
];

/** Advice for any other message. */
const USUAL = "nothing was moved or changed: start again, and if this goes " +
  "on, keep a copy of the folder of the store and report it";

/**
 * Returns whether SQLite or Deno KV report by `error` that the file is damaged.
 */
export function isDamage(error: unknown): boolean {
  if (error instanceof StoreError) return error.fault === "corrupt";
  const { errcode, message } = error as Error & { errcode?: number };
  if (errcode === SHORT_READ) return true;
  if (errcode !== undefined && DAMAGE_CODES.includes(errcode & 0xff)) {
    return true;
  }
  return DAMAGE.test(message);
}

/**
 * Returns the `StoreError` for an error of the system, SQLite or Deno KV about
 * the store `place`: `corrupt` for listed damage, else `failing` with advice.
 * `what` is the failed action in the passive: "opened", "read".
 *
 * Returns a `StoreError`, or a permission that Deno lacks, unchanged.
 */
export function openFault(
  error: unknown,
  place: string,
  what: string,
): unknown {
  if (error instanceof StoreError) return error;
  if (error instanceof Deno.errors.NotCapable) return error;
  const said = error instanceof Error ? error.message : String(error);
  const text = oneLine(said);
  if (isDamage(error)) {
    return new StoreError("corrupt", `SQLite cannot read it: ${text}`, error);
  }
  return new StoreError(
    "failing",
    `${place} cannot be ${what}: ${text}`,
    error,
    todoFor(text),
  );
}

/** Returns whether `text` is a message about a full disk. */
export function isFull(text: string): boolean {
  return FULL.test(text);
}

/** Returns whether `text` is a message about a disk that does not work. */
export function isBroken(text: string): boolean {
  return BROKEN.test(text);
}

/** Returns whether `error` comes from the system, SQLite or Deno KV. */
export function isOfSystem(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as Error & { code?: unknown };
  return typeof code === "string" || isDamage(error) ||
    CAUSES.some(([pattern]) => pattern.test(error.message));
}

/** Returns advice for a fault with the message `text`. */
export function todoFor(text: string): string {
  return CAUSES.find(([pattern]) => pattern.test(text))?.[1] ?? USUAL;
}

/** SQLite reports each finding about a damaged page on its own line. */
export function oneLine(text: string): string {
  return text.replace(/\*\*\*.*?\*\*\*\s*/, "").replace(/\s+/g, " ").trim();
}
