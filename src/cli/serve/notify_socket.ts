/** Messages that may wait at once; a service manager reads them at once. */
const MOST = 64;

/** Sends messages to the service manager, as sd_notify(3) has it. */
export interface NotifySocket {
  /**
   * Sends lines such as `READY=1`, behind those sent before. Never throws: a
   * message that cannot be sent is lost, and `onTrouble` gets the first error.
   */
  send(...lines: string[]): void;
  /** Resolves when all messages are sent. */
  readonly sent: Promise<void>;
  /** Closes the socket. */
  close(): void;
}

/** Datagrams from a socket without a file to the socket of the manager. */
class DatagramSocket implements NotifySocket {
  readonly #socket: Deno.DatagramConn;
  readonly #path: string;
  readonly #onTrouble: (error: unknown) => void;
  #waiting = 0;
  #hasFailed = false;
  sent = Promise.resolve();

  constructor(path: string, onTrouble: (error: unknown) => void) {
    this.#path = path;
    this.#onTrouble = onTrouble;
    // Without a name in the abstract namespace it would leave a file behind.
    const own = `\0dunlin-${Deno.pid}-${crypto.randomUUID()}`;
    const address = { transport: "unixpacket", path: own } as const;
    this.#socket = Deno.listenDatagram(address);
  }

  send(...lines: string[]): void {
    if (this.#waiting === MOST) return;
    this.#waiting++;
    const bytes = new TextEncoder().encode(`${lines.join("\n")}\n`);
    const to = { transport: "unixpacket", path: this.#path } as const;
    this.sent = this.sent.then(async () => {
      try {
        await this.#socket.send(bytes, to);
      } catch (error) {
        if (!this.#hasFailed) this.#onTrouble(error);
        this.#hasFailed = true;
      }
      this.#waiting--;
    });
  }

  close(): void {
    this.#socket.close();
  }
}

/**
 * Opens a socket that sends to `address`, the value of `NOTIFY_SOCKET`: the path
 * of a socket file, or `@` and an abstract name.
 *
 * @throws {Error} for an address of another kind, and where `deno run` lacks
 * `--unstable-net`.
 */
export function openNotifySocket(
  address: string,
  onTrouble: (error: unknown) => void,
): NotifySocket {
  const path = address.replace(/^@/, "\0");
  if (!/^[/\0]./.test(path)) {
    throw new Error("it is neither an absolute path nor an abstract name");
  }
  if (typeof Deno.listenDatagram !== "function") {
    throw new Error("this start lacks sockets for it: add --unstable-net");
  }
  return new DatagramSocket(path, onTrouble);
}
