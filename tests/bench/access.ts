/**
 * What access rules cost: CPU time a message, from 50 publishers to 50
 * subscribers in this process, without rules and with 1,000 rules and 10,000
 * users. Streams are in memory, so that what is measured is the broker alone.
 *
 *   deno run -A --v8-flags=--max-semi-space-size=4 tests/bench/access.ts
 *
 * Both brokers take turns, and the best turn of each counts: on a machine that
 * has other work, too, it is the one that was disturbed least.
 */
import process from "node:process";
import type { ByteStream } from "../../src/transport/mod.ts";
import { memoryPair } from "../../src/transport/mod.ts";
import { join } from "../support/bytes.ts";
import { Packets } from "../support/packets.ts";
import { rulesOf, type ShortRule } from "../support/rules.ts";
import { TestBroker } from "../support/test_broker.ts";

const PAIRS = 50;
/** Frames in one write. */
const BURST = 64;
const BURSTS = 10;
const TURNS = 150;
/** Turns that do not count: the code is not compiled yet. */
const WARM_UP = 30;

const packets = new Packets(4);

/** Rules of all kinds; the last one allows what is measured. */
function thousandRules(): ShortRule[] {
  const rules: ShortRule[] = [];
  for (let n = 0; n < 400; n++) {
    rules.push({ users: [`user${n}`], topics: [`home/user${n}/#`] });
  }
  for (let n = 0; n < 100; n++) {
    rules.push({ groups: [`group${n}`], topics: [`group/${n}/#`] });
    rules.push({ networks: [`10.${n}.0.0/16`], topics: [`net/${n}/#`] });
    rules.push({ topics: [`site${n}/%u/%c/#`] });
  }
  while (rules.length < 999) {
    rules.push({
      topics: [`plant/${rules.length}/+/state`],
      permission: "deny",
    });
  }
  return [...rules, { topics: ["bench/#"] }];
}

/** Users, each in one of a hundred groups. */
function tenThousandUsers(): Map<string, string[]> {
  const groups = new Map<string, string[]>();
  for (let n = 0; n < 10_000; n++) groups.set(`user${n}`, [`group${n % 100}`]);
  return groups;
}

/** Writes all of `bytes`. */
async function writeAll(stream: ByteStream, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    at += await stream.write(bytes.subarray(at));
  }
}

/** A broker with its clients, and what it takes for a turn. */
class Measured {
  readonly #broker: TestBroker;
  readonly #publishers: { stream: ByteStream; burst: Uint8Array }[] = [];
  #received = 0;
  /** CPU time of the best turn, µs a message. */
  best = Infinity;

  constructor(broker: TestBroker) {
    this.#broker = broker;
  }

  async connect(): Promise<void> {
    const answer = new Uint8Array(65_536);
    for (let n = 0; n < PAIRS; n++) {
      const subscriber = await this.#enter(`s${n}`, answer);
      await writeAll(subscriber, packets.subscribe(1, [`bench/${n}`]));
      await subscriber.read(answer);
      this.#count(subscriber);
      const frame = packets.publish({
        topic: `bench/${n}`,
        payload: "sixteen bytes it",
      });
      this.#publishers.push({
        stream: await this.#enter(`p${n}`, answer),
        burst: join(...Array<Uint8Array>(BURST).fill(frame)),
      });
    }
  }

  async #enter(clientId: string, answer: Uint8Array): Promise<ByteStream> {
    const [mine, theirs] = memoryPair();
    this.#broker.serve(theirs);
    await writeAll(mine, packets.connect({ clientId, username: "user4711" }));
    await mine.read(answer);
    return mine;
  }

  async #count(stream: ByteStream): Promise<void> {
    const chunk = new Uint8Array(65_536);
    for (;;) {
      const count = await stream.read(chunk);
      if (count === null) return;
      this.#received += count;
    }
  }

  async turn(counts: boolean): Promise<void> {
    const before = process.cpuUsage();
    let expected = this.#received;
    for (let n = 0; n < BURSTS; n++) {
      for (const { stream, burst } of this.#publishers) {
        expected += burst.length;
        await writeAll(stream, burst);
      }
    }
    while (this.#received < expected) {
      await new Promise((resolve) => setImmediate(resolve));
    }
    const { user, system } = process.cpuUsage(before);
    if (!counts) return;
    this.best = Math.min(
      this.best,
      (user + system) / (PAIRS * BURST * BURSTS),
    );
  }
}

const without = new Measured(new TestBroker());
const ruled = new Measured(
  new TestBroker({
    authorizer: rulesOf(thousandRules(), { groups: tenThousandUsers() }),
  }),
);
await without.connect();
await ruled.connect();
for (let turn = 0; turn < TURNS; turn++) {
  await without.turn(turn >= WARM_UP);
  await ruled.turn(turn >= WARM_UP);
}
const more = ruled.best - without.best;
console.log(
  `without rules ${without.best.toFixed(3)} µs a message, ` +
    `with 1,000 rules and 10,000 users ${ruled.best.toFixed(3)} µs ` +
    `(${more.toFixed(3)} more)`,
);
Deno.exit(0);
