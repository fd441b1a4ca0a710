import { strict as assert } from "node:assert";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { memoryPair } from "../../src/transport/mod.ts";
import type { ByteStream } from "../../src/transport/mod.ts";
import { sealPayload } from "../support/sealed_payload.ts";
import { settle } from "../support/settle.ts";
import { TestBroker } from "../support/test_broker.ts";
import type { WireClient } from "../support/wire_client.ts";
import { type Attack, makeAttack } from "./broker_mutants.ts";
import { Random } from "./decoder_random.ts";

/** How many mutated packets to throw at the broker. */
const PACKETS = Number(Deno.env.get("DUNLIN_FUZZ_BROKER_PACKETS") ?? 100_000);
/** Set it to what a failure printed to see that failure again. */
const SEED = Number(
  Deno.env.get("DUNLIN_FUZZ_SEED") ??
    crypto.getRandomValues(new Uint32Array(1))[0],
);

/** Connections that are open at the same time. */
const CROWD = 16;
/** Rounds between two looks at time, memory and the canaries' other paths. */
const CLOSER_LOOK = 100;
/** Growth of what is in use (bytes) that is no leak: caches, compiled code. */
const MEMORY = 16 * 1024 * 1024;

const settings = {
  // Small, so that the run meets them; and nothing may pile up for ever.
  limits: { max_packet_size: 4096, max_queued_memory: 4 * 1024 * 1024 },
  session: { max_expiry: 30, expiry_v3: 30, backlog_messages: 50 },
  retained: { max_messages: 500 },
};

setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

/** Bytes of this process that are still in use. */
function liveBytes(): number {
  collectGarbage();
  const { heapUsed, external } = Deno.memoryUsage();
  return heapUsed + external;
}

/** Two clients that must notice nothing at all. */
class Canaries {
  readonly #subscriber: WireClient;
  readonly #publisher: WireClient;
  #count = 0;

  private constructor(subscriber: WireClient, publisher: WireClient) {
    this.#subscriber = subscriber;
    this.#publisher = publisher;
  }

  static async enter(broker: TestBroker): Promise<Canaries> {
    const subscriber = await broker.connect(5, "canary-subscriber");
    const publisher = await broker.connect(4, "canary-publisher");
    // Under no filter or topic that a mutant of the corpus is likely to have.
    await subscriber.subscribe([["canary/+/song", 1]]);
    return new Canaries(subscriber, publisher);
  }

  /** A message with QoS 0 or 1 goes round; QoS 1 is acknowledged. */
  async sing(): Promise<void> {
    const qos = this.#count++ % 2;
    const payload = sealPayload(`song ${this.#count}`, this.#count % 3000);
    const topic = "canary/yellow/song";
    await this.#publisher.publish({ topic, payload, qos });
    if (qos === 1) await this.#publisher.expectAck(4, 1);
    const heard = await this.#subscriber.receivePublish();
    assert.equal(heard.payload, payload);
    assert.equal(heard.topic, topic);
    if (qos === 1) {
      const { packetId } = heard;
      const id = Uint8Array.of(packetId >> 8, packetId);
      this.#subscriber.post("40 02", id);
    }
  }
}

/** Writes the chunks with turns of the broker between, and reads all. */
async function attack(broker: TestBroker, attack: Attack): Promise<ByteStream> {
  const [mine, theirs] = memoryPair({ capacity: 2048 });
  broker.serve(theirs);
  drain(mine);
  for (const chunk of attack.chunks) {
    try {
      await mine.write(chunk);
    } catch {
      break; // closed: the broker has had enough
    }
  }
  return mine;
}

async function drain(stream: ByteStream): Promise<void> {
  const chunk = new Uint8Array(4096);
  try {
    while (await stream.read(chunk) !== null);
    stream.close();
  } catch {
    // The stream was closed under way; nobody wants the rest.
  }
}

function shut(stream: ByteStream): void {
  try {
    stream.close();
  } catch {
    // The broker was faster.
  }
}

/** Throws them all; what fails says from which seed. */
async function bombard(broker: TestBroker): Promise<void> {
  const random = new Random(SEED);
  const canaries = await Canaries.enter(broker);
  await canaries.sing();
  let before = 0;
  let thrown = 0;
  for (let round = 1; thrown < PACKETS; round++) {
    const attacks: Attack[] = [];
    for (let i = 0; i < CROWD; i++) attacks.push(makeAttack(random));
    const streams = await Promise.all(
      attacks.map((one) => attack(broker, one)),
    );
    for (const one of attacks) thrown += one.mutants;
    await canaries.sing();
    for (const stream of streams) shut(stream);
    assert.deepEqual(broker.failures, [], "the broker failed inside");
    if (round % CLOSER_LOOK === 0) {
      // Sessions expire, wills come due, and half packets time out.
      await broker.advance(31_000);
      before ||= liveBytes();
    }
  }
  await settle();
  if (before > 0) {
    const growth = liveBytes() - before;
    assert.ok(growth < MEMORY, `memory grew by ${growth} bytes`);
  }
  await nobodyIsLeft(broker);
  await canaries.sing();
}

/** All that attacked are gone, with all that was kept for them. */
async function nobodyIsLeft(broker: TestBroker): Promise<void> {
  await broker.advance(60_000);
  const observer = await broker.connect(4, "observer");
  await observer.subscribe(["$SYS/broker/#"]);
  await broker.advance(1_000);
  const figures = new Map<string, string>();
  for (const { topic, payload } of await observer.receiveAll()) {
    figures.set(topic, payload);
  }
  const figure = (name: string) => Number(figures.get(`$SYS/broker/${name}`));
  // The two canaries and the observer.
  assert.equal(figure("clients/connected"), 3);
  assert.equal(figure("clients/total"), 3);
  // A run in which nearly all are refused, or nearly none, shows nothing.
  const refused = figure("clients/closed/protocol-error");
  assert.ok(refused > PACKETS / 10, `only ${refused} connections were ended`);
  const taken = figure("publish/messages/received");
  assert.ok(taken > PACKETS / 20, `only ${taken} messages were taken`);
  if (Deno.env.get("SHOW")) console.log(figures);
}

Deno.test(`${PACKETS} mutated packets at a live broker`, async () => {
  const { stackTraceLimit } = Error;
  // Nearly every mutant makes an error, and its stack is most of its cost.
  Error.stackTraceLimit = 0;
  const broker = new TestBroker({ ...settings, sys: { interval: 1000 } });
  try {
    await bombard(broker);
    await broker.stop();
  } catch (cause) {
    throw new Error(`DUNLIN_FUZZ_SEED=${SEED}: ${cause}`, { cause });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
});
