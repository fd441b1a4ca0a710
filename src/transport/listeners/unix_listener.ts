import { AcceptLoop, type AcceptOptions } from "./accept_loop.ts";
import type {
  Accepted,
  Listener,
  PeerAddress,
} from "../streams/byte_stream.ts";
import { ListenError } from "./listen_error.ts";

/** Options of a socket file. */
export interface UnixOptions extends AcceptOptions {
  /** Path of the file; at most 107 bytes, the system's limit. */
  readonly path: string;
  /** Mode of the file; clients need the right to write. */
  readonly mode: number;
}

/** Address of all peers of a socket file, which have none of their own. */
const PEER: PeerAddress = { hostname: "unix", port: 0 };

/** Accepts connections through a socket file; removes its own file at its end. */
export class UnixListener implements Listener {
  /** The file; the port is 0. */
  readonly address: PeerAddress;
  readonly #loop: AcceptLoop<Deno.UnixConn>;
  readonly #own: Deno.FileInfo | null;
  #closed = false;

  /** `listener` listens already; see `listenUnix`. */
  constructor(listener: Deno.UnixListener, options: UnixOptions) {
    this.address = { hostname: options.path, port: 0 };
    this.#loop = new AcceptLoop(listener, options);
    this.#own = lookAt(options.path);
  }

  serve(onStream: (accepted: Accepted) => void): Promise<void> {
    return this.#loop.run((stream) => onStream({ stream, peer: PEER }));
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#loop.close();
    const path = this.address.hostname;
    // Another process may have deleted the file and listen at its own by now.
    if (isSameFile(lookAt(path), this.#own)) removeQuietly(path);
  }
}

/**
 * Listens on a socket file. Removes first the file that a dead broker has left.
 * Rejects with a `ListenError` when another program listens on it, when the file
 * is no socket, or when it cannot be made.
 */
export async function listenUnix(options: UnixOptions): Promise<UnixListener> {
  const { path, mode } = options;
  await removeStale(path);
  // No other user may connect from the first moment on: a later chmod would
  // come too late.
  const before = Deno.umask(0o777 & ~mode);
  try {
    return new UnixListener(listenAt(path), options);
  } catch (error) {
    throw ListenError.ofFile(path, error);
  } finally {
    Deno.umask(before);
  }
}

/** Longest address of the system (bytes). */
const LONGEST = 107;

/**
 * Listens at a name beside `path` and moves the file there: at its stop the
 * runtime deletes the name that it listened at, even a file of another broker.
 */
function listenAt(path: string): Deno.UnixListener {
  const beside = `${path}.${crypto.randomUUID().slice(0, 8)}`;
  const isTooLong = new TextEncoder().encode(beside).length > LONGEST;
  const listener = Deno.listen({
    ...{ transport: "unix", path: isTooLong ? path : beside },
  });
  if (isTooLong) return listener;
  try {
    // Unlike a rename it fails where another process was faster.
    Deno.linkSync(beside, path);
    Deno.removeSync(beside);
    return listener;
  } catch (error) {
    listener.close();
    throw error instanceof Deno.errors.AlreadyExists
      ? new Deno.errors.AddrInUse("in use")
      : error;
  }
}

async function removeStale(path: string): Promise<void> {
  let found: Deno.FileInfo;
  try {
    found = Deno.lstatSync(path);
  } catch {
    // No file; or listening will report the fault of the folder.
    return;
  }
  if (!found.isSocket) throw ListenError.ofFile(path, "no socket");
  try {
    const conn = await Deno.connect({ transport: "unix", path });
    conn.close();
  } catch (error) {
    // Only this error means that no program listens.
    if (error instanceof Deno.errors.ConnectionRefused) {
      return removeQuietly(path);
    }
    throw ListenError.ofFile(path, error);
  }
  throw ListenError.ofFile(path, new Deno.errors.AddrInUse("in use"));
}

/** Returns null without a visible file. */
function lookAt(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch {
    return null;
  }
}

/** Compares the birth time, too: a new file may get the inode of an old one. */
function isSameFile(
  one: Deno.FileInfo | null,
  other: Deno.FileInfo | null,
): boolean {
  return one !== null && other !== null && one.dev === other.dev &&
    one.ino === other.ino &&
    one.birthtime?.getTime() === other.birthtime?.getTime();
}

function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // Gone already, or not permitted: listening again will report it.
  }
}
