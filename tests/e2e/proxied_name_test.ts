import assert from "node:assert/strict";
import { silentLog } from "../../src/broker/status/broker_log.ts";
import { Broker } from "../../src/broker/mod.ts";
import { SystemClock } from "../../src/clock/mod.ts";
import {
  completeSettings,
  type PartialSettings,
  type Settings,
} from "../../src/config/mod.ts";
import { writeAll } from "../contract/transport_contract.ts";
import { readToEnd } from "../support/listening.ts";
import { Packets } from "../support/packets.ts";
import { binaryHeader, entry } from "../support/proxy_headers.ts";
import { Inbox, within } from "../support/wait.ts";

type Listener = NonNullable<PartialSettings["listener"]>[number];

const listener: Listener = {
  ...{ name: "behind", bind: "127.0.0.1", port: 0 },
  ...{ proxy_protocol: true, trusted_proxies: ["127.0.0.1"] },
  ...{ proxy_username: true, proxy_client_tls: "certificate" },
  allow_anonymous: false,
};

function settingsOf(said: PartialSettings): Settings {
  return completeSettings({
    ...{ storage: { mode: "memory" }, sys: { interval: 0 } },
    ...{ listener: [listener], ...said },
  });
}

/** A header with what HAProxy tells by `send-proxy-v2-ssl-cn`. */
function header(name: string, verify = 0): Uint8Array {
  const inner = [...entry(0x21, "TLSv1.3"), ...entry(0x22, name)];
  const tls = new Uint8Array([7, 0, 0, 0, verify, ...inner]);
  return binaryHeader({ entries: entry(0x20, tls) });
}

/** A broker on real sockets, with why connections ended before MQTT. */
class Served implements AsyncDisposable {
  readonly broker: Broker;
  readonly refused: Inbox<string> = new Inbox("a refusal in the log");
  #port = 0;

  private constructor(settings: Settings) {
    this.broker = new Broker(settings, {
      clock: new SystemClock(),
      log: {
        ...silentLog,
        event: (_level, event, { text }) => {
          if (event === "refused") this.refused.push(`${text}`);
        },
      },
    });
  }

  static async start(settings: Settings): Promise<Served> {
    const served = new Served(settings);
    [{ port: served.#port }] = await served.broker.start();
    return served;
  }

  async connect(bytes: Uint8Array): Promise<Deno.TcpConn> {
    const conn = await Deno.connect({
      hostname: "127.0.0.1",
      port: this.#port,
    });
    await writeAll(conn, bytes);
    return conn;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker.stop(1000);
  }
}

const packets = new Packets(5);

/** What the broker answers to a packet. */
async function answerTo(
  conn: Deno.TcpConn,
  packet: Uint8Array,
): Promise<Uint8Array> {
  await writeAll(conn, packet);
  const chunk = new Uint8Array(500);
  const count = await within("an answer", conn.read(chunk));
  return chunk.subarray(0, count ?? 0);
}

/** The reason code of PUBACK; it is left out for success. */
async function publish(conn: Deno.TcpConn, topic: string): Promise<number> {
  const packet = packets.publish({ topic, qos: 1, id: 1 });
  const answer = await answerTo(conn, packet);
  assert.equal(answer[0], 0x40, "no PUBACK");
  return answer[4] ?? 0;
}

/** That nobody was subscribed is told as well. */
const TAKEN = [0, 0x10];

const chains: [what: string, said: PartialSettings][] = [
  ["client-certificate", { auth: [{ type: "client-certificate" }] }],
  ["no [[auth]]", {}],
];

for (const [what, said] of chains) {
  Deno.test(`proxied name: it is the user name, whatever CONNECT says (${what})`, async () => {
    const settings = settingsOf({ ...said, acl: [{ topic: ["home/%u/#"] }] });
    await using served = await Served.start(settings);
    for (const username of [undefined, "root"]) {
      const conn = await served.connect(header("pump-7"));
      const connect = packets.connect({ clientId: "c", username });
      const connack = await answerTo(conn, connect);
      assert.deepEqual([connack[0], connack[3]], [0x20, 0]);
      assert.ok(TAKEN.includes(await publish(conn, "home/pump-7/x")));
      assert.equal(await publish(conn, "home/root/x"), 0x87);
      // What let it in still does.
      await served.broker.reload(settings);
      assert.ok(TAKEN.includes(await publish(conn, "home/pump-7/x")));
      conn.close();
    }
  });
}

Deno.test("proxied name: without a verified one a connection ends before MQTT", async () => {
  await using served = await Served.start(settingsOf({}));
  for (const bytes of [header("liar", 1), header(""), binaryHeader()]) {
    const conn = await served.connect(bytes);
    assert.match(await served.refused.next(), /proxy_\w+ asks for/);
    assert.equal((await readToEnd(conn)).length, 0);
    conn.close();
  }
});
