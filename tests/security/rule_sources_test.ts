import assert from "node:assert/strict";
import { auth } from "../support/packets.ts";
import { property } from "../support/bytes.ts";
import type { ConnectOptions } from "../support/packets.ts";
import { propertyOf, type ReadPacket } from "../support/read_packet.ts";
import { ScramClient } from "../support/scram_client.ts";
import { TestBroker } from "../support/test_broker.ts";
import { until } from "../support/wait.ts";
import { type WebCall, WebServer } from "../support/web_server.ts";
import { WireClient } from "../support/wire_client.ts";
import { memoryPair } from "../../src/transport/mod.ts";
import {
  IDENTITIES,
  type IdentitySource,
  type Place,
  RULES,
  type RuleSource,
  type Say,
} from "./rule_sources/sources.ts";

// Every way to become known, by every way to get rules, by what they say: a
// source that is forgotten anywhere shows as a cell of this table.

const METHOD = property.authenticationMethod("SCRAM-SHA-256");

/** The next packet, however long a web server or a worker takes. */
async function answer(client: WireClient): Promise<ReadPacket> {
  await until("an answer", () => client.waiting > 0 || client.closed);
  return await client.receive();
}

/** One cell: a broker, its web server and its files. */
class Cell implements AsyncDisposable {
  readonly broker = new TestBroker();
  #say: Say = "none";
  readonly #server = new WebServer((call) => this.#answer(call));
  readonly #place: Place;

  constructor(readonly source: IdentitySource, readonly rules: RuleSource) {
    const folder = Deno.makeTempDirSync({ prefix: "dunlin-rules-" });
    this.#place = { folder, server: this.#server };
  }

  #answer({ path }: WebCall): Response {
    if (path === "/error") return new Response("", { status: 500 });
    if (path === "/deny") return Response.json({ result: "deny", ok: false });
    const acl = path === "/login" ? this.rules.acl?.(this.#say) : undefined;
    return Response.json({ result: "allow", ok: true, acl });
  }

  /** Goes over to the settings of the cell. */
  async reload(say: Say): Promise<void> {
    this.#say = say;
    const settings = await this.source.settings(this.#place);
    await this.broker.reload(
      await this.rules.settings(settings, say, this.#place),
    );
  }

  /** Connects; resolves to the client and the code of CONNACK. */
  async connect(
    options: ConnectOptions,
  ): Promise<{ client: WireClient; code: number }> {
    const [mine, theirs] = memoryPair();
    const { isProxied, isScram } = this.source;
    const peer = { hostname: "127.0.0.1", port: 1 };
    this.broker.broker.serve(
      { stream: theirs, peer, ...isProxied ? { clientName: "ann" } : {} },
      this.broker.broker.settings.listener[0],
    );
    const client = new WireClient(mine, 5);
    const login = await this.source.login(this.rules.acl?.(this.#say));
    if (!isScram) {
      client.post(client.packets.connect({ ...options, ...login }));
    } else {
      const { username, password } = login as Record<string, string>;
      const scram = new ScramClient(username, password);
      const data = (bytes: Uint8Array) => property.authenticationData(bytes);
      client.post(client.packets.connect({
        ...options,
        properties: [METHOD, data(scram.first())],
      }));
      const question = await answer(client);
      if (question.type !== 15) return { client, code: question.code };
      const final = scram.final(propertyOf(question, 0x16) as Uint8Array);
      client.post(auth(0x18, [METHOD, data(final)]));
    }
    const { type, code } = await answer(client);
    assert.equal(type, 2);
    return { client, code };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
    // A web server that fails is logged: that is no failure inside.
    if (this.#say === "error") this.broker.failures.length = 0;
    await this.broker.stop();
    await Deno.remove(this.#place.folder, { recursive: true });
  }
}

/** What a client may do, each asked about with `a/1` or a filter of it. */
const ACTIONS = [
  "publish",
  "alias",
  "subscribe",
  "shared",
  "retained",
  "will",
] as const;
type Answers = Record<typeof ACTIONS[number], boolean>;

/** Does all of `ACTIONS`. */
async function tryAll(cell: Cell, client: WireClient): Promise<Answers> {
  const publish = async (topic: string, alias: number[]) => {
    const properties = alias.map((one) => property.topicAlias(one));
    client.post(client.packets.publish({ topic, qos: 1, properties }));
    return (await answer(client)).code < 0x80;
  };
  const subscribe = async (filter: string) => {
    client.post(client.packets.subscribe(7, [[filter, 1]]));
    let ack = await answer(client);
    while (ack.type === 3) ack = await answer(client);
    assert.equal(ack.type, 9);
    return ack.codes[0] < 0x80;
  };
  const published = await publish("a/1", [1]);
  const alias = await publish("", [1]);
  const shared = await subscribe("$share/g/a/#");
  const subscribed = await subscribe("a/#");
  const first = await client.receiveAll();
  // Rules may allow some of it, and yet not what is retained there.
  await subscribe("#");
  const retained = [...first, ...await client.receiveAll()].some(({ topic }) =>
    topic === "a/1"
  );
  for (const filter of ["#", "a/#", "$share/g/a/#"]) {
    client.post(client.packets.unsubscribe(8, [filter]));
    await answer(client);
  }
  const will = { topic: "a/1", payload: "will", retain: true };
  const other = await cell.connect({ clientId: "other", will });
  assert.ok([0, 0x87].includes(other.code), `${other.code}`);
  if (other.code === 0) await other.client.disconnect();
  return {
    publish: published,
    alias,
    subscribe: subscribed,
    shared,
    retained,
    will: other.code === 0,
  };
}

function all(may: boolean): Answers {
  const answers = ACTIONS.map((action) => [action, may]);
  return Object.fromEntries(answers) as Answers;
}

async function tryCell(
  source: IdentitySource,
  rules: RuleSource,
  say: Say,
): Promise<void> {
  await using cell = new Cell(source, rules);
  const { broker } = cell;
  const open = await broker.connect(5, "open");
  await open.publish({ topic: "a/1", payload: "kept", retain: true });
  const reloaded = cell.reload(say);
  if (say === "error" && rules.onError === "no reload") {
    return await assert.rejects(reloaded);
  }
  await reloaded;
  const { client, code } = await cell.connect({ clientId: "c" });
  if (say === "error" && rules.onError === "no login") {
    return assert.ok(code >= 0x80, `${code}`);
  }
  assert.equal(code, 0);
  // A token with an empty `acl` grants nothing; no claim is no grant either.
  const isBare = rules.name === "acl of the token" && say === "none";
  const expected = all(!isBare && (say === "none" || say === "allow"));
  assert.deepEqual(await tryAll(cell, client), expected, "at first");
  await cell.reload(say);
  assert.deepEqual(await tryAll(cell, client), expected, "after a reload");
  if (!rules.isReloaded || say === "error") return;
  await cell.reload(say === "deny" ? "allow" : "deny");
  const turned = all(say === "deny");
  assert.deepEqual(await tryAll(cell, client), turned, "by other rules");
}

for (const source of IDENTITIES) {
  for (const rules of RULES.filter((one) => one.isFor(source))) {
    for (const say of ["none", "allow", "deny", "error"] as const) {
      Deno.test(`${source.name}, ${rules.name}: ${say}`, () =>
        tryCell(source, rules, say));
    }
  }
}
