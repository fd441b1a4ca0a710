import { basename, dirname } from "node:path";
import type { Clock } from "../../clock/mod.ts";
import type { OutletStream } from "../console/outlet.ts";

/** The owner reads and writes, the group reads; the process's mask counts. */
const MODE = 0o640;

/** Digits of the numbers of renamed files: listings have them in order. */
const DIGITS = 6;
const MOST_NUMBER = 999_999;

/** From a renaming for age that failed to the next attempt (ms). */
const AGE_RETRY = 60_000;

const NEWLINE = 10;

/** Bounds of a log file, as in `LogSettings`. */
export interface LogFileLimits {
  /** Bytes of the file; 0 = no bound. */
  readonly max_size: number;
  /** Milliseconds from the first line on; 0 = no bound. */
  readonly max_age: number;
  /** Renamed files that are kept. */
  readonly keep: number;
}

/** Reports of a log file. */
export interface LogFileReports {
  /** Called when the file cannot be written, once until `onRecovered`. */
  onTrouble(error: Error): void;
  /** Called when it can be written again, after `lasted` ms. */
  onRecovered(lasted: number): void;
}

/**
 * Appends lines to a file. Opens the path again when the file was deleted or
 * another file has its path, and at `reopen`. Renames a file that is full or old
 * to `PATH.000001`, `PATH.000002` and so on: numbers only grow.
 */
export class LogFile implements OutletStream {
  /** The bounds in force. */
  limits: LogFileLimits;
  readonly #path: string;
  readonly #clock: Clock;
  readonly #reports: LogFileReports;
  #open: OpenFile | null = null;
  /** The last step; each waits for the one before. */
  #last: Promise<unknown> = Promise.resolve();
  /** The call of `reopen` that waits for its turn; null without one. */
  #reopening: Promise<void> | null = null;
  /** When it began to fail (`Clock.now`); null while it works. */
  #failingSince: number | null = null;

  /** Opens the file at the first write. */
  constructor(
    path: string,
    limits: LogFileLimits,
    clock: Clock,
    reports: LogFileReports,
  ) {
    this.#path = path;
    this.limits = limits;
    this.#clock = clock;
    this.#reports = reports;
  }

  /**
   * Appends whole lines of `bytes`, as many as the file has room for, and
   * resolves to their length. Rejects when not even one could be written.
   */
  write(bytes: Uint8Array): Promise<number> {
    return this.#inTurn(async () => {
      try {
        const written = await this.#write(bytes);
        this.#works();
        return written;
      } catch (error) {
        this.#fails(error as Error);
        throw error;
      }
    });
  }

  /** Opens the file at the path anew. Never rejects. */
  reopen(): Promise<void> {
    // A call that waits for its turn serves all later ones.
    return this.#reopening ??= this.#inTurn(async () => {
      this.#reopening = null;
      this.#close();
      try {
        this.#open = await openFile(this.#path, this.#clock);
      } catch (error) {
        this.#fails(error as Error);
      }
    });
  }

  /** Closes the file behind the last write; no other call may follow. */
  async close(): Promise<void> {
    await this.#inTurn(() => Promise.resolve(this.#close()));
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const next = this.#last.then(step, step);
    this.#last = next;
    return next;
  }

  #works(): void {
    if (this.#failingSince === null) return;
    this.#reports.onRecovered(this.#clock.now() - this.#failingSince);
    this.#failingSince = null;
  }

  #fails(error: Error): void {
    if (this.#failingSince !== null) return;
    this.#failingSince = this.#clock.now();
    this.#reports.onTrouble(error);
  }

  #close(): void {
    this.#open?.file.close();
    this.#open = null;
  }

  async #write(bytes: Uint8Array): Promise<number> {
    let open = await this.#follow();
    if (open.isRotated) open = await this.#rotateIfDue(open, bytes);
    open.beganAt ??= this.#clock.date();
    return await append(open, this.#fitting(open, bytes));
  }

  /** Returns the file to write to: the one at the path, in most cases. */
  async #follow(): Promise<OpenFile> {
    const open = this.#open;
    if (open !== null) {
      const there = await Deno.stat(this.#path).catch(() => null);
      const isThere = there !== null && isSame(there, open);
      const own = isThere ? there : await open.file.stat();
      // A renamed file takes lines until the next file is at the path.
      if (isThere || (there === null && own.nlink !== 0)) {
        if (own.size === 0 && open.size > 0) open.beganAt = null;
        open.size = own.size;
        return open;
      }
      this.#close();
    }
    return this.#open = await openFile(this.#path, this.#clock);
  }

  async #rotateIfDue(open: OpenFile, bytes: Uint8Array): Promise<OpenFile> {
    const { max_size, max_age } = this.limits;
    if (open.size === 0) return open;
    const isFull = max_size > 0 && open.size + lineLength(bytes) > max_size;
    const age = this.#clock.date() - (open.beganAt ?? Infinity);
    const isOld = max_age > 0 && age >= max_age;
    if (!isFull && !isOld) return open;
    try {
      await this.#rotate();
    } catch (error) {
      // The caller drops the line: the file must not grow.
      if (isFull) throw error;
      open.beganAt = this.#clock.date() - max_age + AGE_RETRY;
      return open;
    }
    this.#close();
    return this.#open = await openFile(this.#path, this.#clock);
  }

  /** Deletes the oldest files, and renames this one. */
  async #rotate(): Promise<void> {
    const { keep } = this.limits;
    // Behind a link the file itself is renamed.
    const path = await Deno.realPath(this.#path).catch(nullIfMissing);
    // Another program has renamed the file.
    if (path === null) return;
    const numbers = await numbersOf(path);
    const stay = Math.max(0, keep - 1);
    for (const number of numbers.slice(0, Math.max(0, numbers.length - stay))) {
      await Deno.remove(numbered(path, number));
    }
    if (keep === 0) await Deno.remove(path);
    else {
      const next = Math.min((numbers.at(-1) ?? 0) + 1, MOST_NUMBER);
      await Deno.rename(path, numbered(path, next));
    }
  }

  /** Returns the lines of `bytes` that the file has room for, at least one. */
  #fitting(open: OpenFile, bytes: Uint8Array): Uint8Array {
    const { max_size } = this.limits;
    const room = max_size - open.size;
    if (max_size === 0 || !open.isRotated || bytes.length <= room) return bytes;
    const fits = bytes.lastIndexOf(NEWLINE, room - 1) + 1;
    return bytes.subarray(0, room > 0 && fits > 0 ? fits : lineLength(bytes));
  }
}

/** A file that is open, and what is known of it. */
interface OpenFile {
  readonly file: Deno.FsFile;
  readonly dev: number;
  readonly ino: number | null;
  /** False for a file that another program has opened. Devices are empty. */
  readonly isRotated: boolean;
  size: number;
  /** Date of the first line (ms since 1970); null without one. */
  beganAt: number | null;
  /** True if its last byte is within a line. */
  isTorn: boolean;
}

async function openFile(path: string, clock: Clock): Promise<OpenFile> {
  const file = await Deno.open(path, {
    append: true,
    create: true,
    mode: MODE,
  });
  try {
    const { dev, ino, isFile, size, mtime } = await file.stat();
    const hasLines = isFile && size > 0;
    const ends = hasLines ? await endsOf(path, size) : null;
    const beganAt = hasLines
      ? ends?.beganAt ?? mtime?.getTime() ?? clock.date()
      : null;
    return {
      ...{ file, dev, ino, size, beganAt },
      isRotated: !OPEN_FILES.test(path),
      isTorn: ends?.isTorn ?? false,
    };
  } catch (error) {
    file.close();
    throw error;
  }
}

/** Paths of open files: after a renaming they lead to the same file. */
const OPEN_FILES = /^\/(dev\/(std|fd\/)|proc\/)/;

/** The time that a log line begins with. */
const TIME = /^(?:\{"time":")?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)/;

/** Returns what the first and last bytes say; null where it may not be read. */
async function endsOf(path: string, size: number) {
  try {
    using file = await Deno.open(path, { read: true });
    const head = new Uint8Array(64);
    const count = await file.read(head) ?? 0;
    const text = new TextDecoder().decode(head.subarray(0, count));
    const time = TIME.exec(text)?.[1];
    const last = new Uint8Array(1);
    await file.seek(size - 1, Deno.SeekMode.Start);
    await file.read(last);
    const beganAt = time === undefined ? null : Date.parse(time);
    return { beganAt, isTorn: last[0] !== NEWLINE };
  } catch {
    return null;
  }
}

/** Appends all of `bytes`, or as many whole lines as the disk takes. */
async function append(open: OpenFile, bytes: Uint8Array): Promise<number> {
  const { file } = open;
  let at = 0;
  try {
    if (open.isTorn) open.size += await file.write(Uint8Array.of(NEWLINE));
    open.isTorn = false;
    while (at < bytes.length) at += await file.write(bytes.subarray(at));
    return bytes.length;
  } catch (error) {
    const whole = at === 0 ? 0 : bytes.lastIndexOf(NEWLINE, at - 1) + 1;
    if (whole < at) await takeBack(open, whole, at);
    if (whole === 0) throw error;
    return whole;
  }
}

/** Cuts off a line of which only a part was written. */
async function takeBack(open: OpenFile, whole: number, at: number) {
  open.isTorn = true;
  try {
    const { size } = await open.file.stat();
    // Another process may have changed the file meanwhile.
    if (size !== open.size + at) return;
    await open.file.truncate(open.size + whole);
    open.isTorn = false;
  } catch {
    // A line end before the next line keeps the two apart.
  }
}

function isSame(there: Deno.FileInfo, open: OpenFile): boolean {
  return there.dev === open.dev && there.ino === open.ino;
}

/** Returns the length of the first line. */
function lineLength(bytes: Uint8Array): number {
  return bytes.indexOf(NEWLINE) + 1 || bytes.length;
}

function nullIfMissing(error: unknown): null {
  if (error instanceof Deno.errors.NotFound) return null;
  throw error;
}

function numbered(path: string, number: number): string {
  return `${path}.${String(number).padStart(DIGITS, "0")}`;
}

/** Returns the numbers of the renamed files of `path`, in their order. */
async function numbersOf(path: string): Promise<number[]> {
  const begin = `${basename(path)}.`;
  const numbers: number[] = [];
  for await (const { name } of Deno.readDir(dirname(path))) {
    const number = name.startsWith(begin) ? name.slice(begin.length) : "";
    if (/^\d{6}$/.test(number)) numbers.push(Number(number));
  }
  return numbers.sort((one, other) => one - other);
}
