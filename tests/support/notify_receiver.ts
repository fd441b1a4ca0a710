import { Inbox, within } from "./wait.ts";

/** A service manager's end of `NOTIFY_SOCKET`: keeps the messages it gets. */
export class NotifyReceiver implements AsyncDisposable {
  readonly #socket: Deno.DatagramConn;
  readonly #file: string | null;
  readonly #receiving: Promise<void>;
  readonly #inbox = new Inbox<Map<string, string>>("a message to the manager");
  /** Value of `NOTIFY_SOCKET` for it. */
  readonly address: string;

  /** Receives at `address`: the path of a file, or `@` and a name. */
  constructor(address: string) {
    this.address = address;
    this.#file = address.startsWith("/") ? address : null;
    const path = address.replace(/^@/, "\0");
    this.#socket = Deno.listenDatagram({ transport: "unixpacket", path });
    this.#receiving = this.#receive();
  }

  async #receive(): Promise<void> {
    try {
      for await (const [bytes] of this.#socket) {
        const lines = new TextDecoder().decode(bytes).trimEnd().split("\n");
        this.#inbox.push(
          new Map(lines.map((line) => {
            const at = line.indexOf("=");
            return [line.slice(0, at), line.slice(at + 1)];
          })),
        );
      }
    } catch {
      // It is closed.
    }
  }

  /** Returns the next message that has `name`; drops those before. */
  with(name: string): Promise<Map<string, string>> {
    const look = async () => {
      for (;;) {
        const message = await this.#inbox.next();
        if (message.has(name)) return message;
      }
    };
    // Pings may come for ever.
    return within(`a message with ${name}`, look());
  }

  /** Messages that are not taken yet. */
  get size(): number {
    return this.#inbox.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await this.#receiving;
    if (this.#file !== null) await Deno.remove(this.#file);
  }
}
