import assert from "node:assert/strict";
import { connect, type TLSSocket } from "node:tls";
import { BrokerProcess } from "../support/process.ts";
import { within } from "../support/wait.ts";
import { type Made, SERVER, Workshop } from "../support/workshop.ts";
import { opensslProgram, testWith } from "./programs.ts";

// By hand: DUNLIN_RENEWALS=50 DUNLIN_RENEWAL_CLIENTS=200.
const renewals = Number(Deno.env.get("DUNLIN_RENEWALS") ?? 4);
const comers = Number(Deno.env.get("DUNLIN_RENEWAL_CLIENTS") ?? 20);

const CONNECT = Uint8Array.from(
  [0x10, 12, 0, 4, 0x4d, 0x51, 0x54, 0x54, 4, 2, 0, 60, 0, 0],
);
const PINGREQ = Uint8Array.from([0xc0, 0]);
const DISCONNECT = Uint8Array.from([0xe0, 0]);

/** A client that verifies the server, and speaks bytes. */
class Client {
  readonly #socket: TLSSocket;
  readonly #received: number[] = [];
  /** Settled when something has come, or the connection has ended. */
  #news = Promise.withResolvers<void>();
  #ended: Error | null = null;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    socket.on("data", (chunk: Uint8Array) => {
      this.#received.push(...chunk);
      this.#news.resolve();
    });
    const end = (error: Error) => {
      this.#ended ??= error;
      this.#news.resolve();
    };
    socket.on("error", end);
    socket.on("close", () => end(new Error("the connection was closed")));
  }

  /** Connects; rejects unless CONNACK says yes. */
  static async enter(port: number, ca: string): Promise<Client> {
    const client = new Client(connect({ host: "127.0.0.1", port, ca }));
    await client.#ask(CONNECT, [0x20, 2, 0, 0]);
    return client;
  }

  async #ask(packet: Uint8Array, answer: readonly number[]): Promise<void> {
    this.#socket.write(packet);
    while (this.#received.length < answer.length) {
      if (this.#ended !== null) throw this.#ended;
      await this.#news.promise;
      this.#news = Promise.withResolvers();
    }
    assert.deepEqual(this.#received.splice(0), answer);
  }

  ping(): Promise<void> {
    return this.#ask(PINGREQ, [0xd0, 0]);
  }

  /** Says good-bye; resolves when the broker has closed. */
  async leave(): Promise<void> {
    this.#socket.end(DISCONNECT);
    while (this.#ended === null) {
      await this.#news.promise;
      this.#news = Promise.withResolvers();
    }
  }
}

/** The serial number of the certificate that is shown to who comes now. */
async function serialShown(port: number): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const socket = connect(
    { port, host: "127.0.0.1", rejectUnauthorized: false },
    () => resolve(socket.getPeerCertificate().serialNumber),
  );
  socket.on("error", reject);
  try {
    return await within("a handshake", promise);
  } finally {
    socket.destroy();
  }
}

/** Puts one pair in the place of another, as a tool for renewal does. */
async function replace(old: Made, { cert, key }: Made): Promise<void> {
  for (const [from, to] of [[cert, old.cert], [key, old.key]]) {
    await Deno.copyFile(from, `${to}.new`);
    await Deno.rename(`${to}.new`, to);
  }
}

testWith(
  [opensslProgram],
  `renewed ${renewals} times while ${comers} clients come and go: nobody is turned away or dropped`,
  async () => {
    await using workshop = await Workshop.open();
    const authority = await workshop.authority("ca");
    const issue = (name: string) =>
      authority.issue(name, { extensions: SERVER });
    const made = [await issue("one"), await issue("two")];
    const used = await issue("used");
    await using broker = await BrokerProcess.start({
      config: `[[listener]]
type = "tls"
port = 0
cert = "${used.cert}"
key = "${used.key}"
`,
    });
    const port = broker.port();
    const ca = await Deno.readTextFile(authority.files.cert);
    const steady = await Promise.all(
      Array.from({ length: 5 }, () => Client.enter(port, ca)),
    );
    let isOver = false;
    let entered = 0;
    const comeAndGo = async () => {
      while (!isOver) {
        const client = await Client.enter(port, ca);
        await client.ping();
        await client.leave();
        entered++;
      }
    };
    const all = Promise.all(Array.from({ length: comers }, comeAndGo));
    // Failing once is failing: nobody tries again.
    const failed = all.then(() => {});
    failed.catch(() => {});
    let shown = await serialShown(port);
    for (let count = 0; count < renewals; count++) {
      await replace(used, made[count % 2]);
      const before = shown;
      const seen = async () => {
        while (shown === before) shown = await serialShown(port);
      };
      await Promise.race([within("the new certificate", seen()), failed]);
      await Promise.all(steady.map((client) => client.ping()));
    }
    isOver = true;
    await failed;
    assert.ok(entered >= comers, `${entered} came in`);
    await Promise.all(steady.map((client) => client.leave()));
  },
);
