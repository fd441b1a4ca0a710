import { AcceptLoop, type AcceptOptions } from "./accept_loop.ts";
import type {
  Accepted,
  Listener,
  PeerAddress,
} from "../streams/byte_stream.ts";
import { ListenError } from "./listen_error.ts";

/** Which socket file to listen on, and who may connect. */
export interface UnixOptions extends AcceptOptions {
  /** The socket's file; at most 107 bytes, as the system has it. */
  readonly path: string;
  /** The file's mode; to connect, one needs the right to write. */
  readonly mode: number;
}

/** Where all peers of a socket file come from: they have no address. */
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
 * Listens on a socket file. One that a broker has left which is no more is
 * removed first. Rejects with a `ListenError` when somebody still listens on
 * it, when the file is something else, or when it cannot be made.
 */
export async function listenUnix(options: UnixOptions): Promise<UnixListener> {
  const { path, mode } = options;
  await removeStale(path);
  // From its first moment on nobody else may connect: a mode that is set
  // behind would come too late.
  const before = Deno.umask(0o777 & ~mode);
  try {
    return new UnixListener(listenAt(path), options);
  } catch (error) {
    throw ListenError.ofFile(path, error);
  } finally {
    Deno.umask(before);
  }
}

/** Bytes of the longest address that the system takes. */
const LONGEST = 107;

/**
 * Listens at a name beside `path` and moves the file there: the runtime deletes
 * the name it listened at when it stops, whose file that may be by then.
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
    // Nothing there; or listening will say what is wrong with the folder.
    return;
  }
  if (!found.isSocket) throw ListenError.ofFile(path, "no socket");
  try {
    const conn = await Deno.connect({ transport: "unix", path });
    conn.close();
  } catch (error) {
    // Only this says that nobody listens: others may just not be let in.
    if (error instanceof Deno.errors.ConnectionRefused) {
      return removeQuietly(path);
    }
    throw ListenError.ofFile(path, error);
  }
  throw ListenError.ofFile(path, new Deno.errors.AddrInUse("in use"));
}

/** Null when there is no file that can be seen. */
function lookAt(path: string): Deno.FileInfo | null {
  try {
    return Deno.lstatSync(path);
  } catch {
    return null;
  }
}

/** The birth time tells apart two files that got the same inode in turn. */
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
    // Gone already, or not ours: listening on it again will say.
  }
}
