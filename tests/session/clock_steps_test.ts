import assert from "node:assert/strict";
import { dirname } from "node:path";
import { Broker } from "../../src/broker/mod.ts";
import { silentLog } from "../../src/broker/status/broker_log.ts";
import { completeSettings } from "../../src/config/mod.ts";
import { memoryPair } from "../../src/transport/mod.ts";
import { property } from "../support/bytes.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { type ConnectOptions, puback } from "../support/packets.ts";
import { propertiesOf, type ReadPacket } from "../support/read_packet.ts";
import { activity, settle } from "../support/settle.ts";
import { until } from "../support/wait.ts";
import { WireClient } from "../support/wire_client.ts";

// Durations are durations: message expiry, session expiry and will delay go on
// over steps of the calendar, while the broker runs, is stopped, and between.

const SECOND = 1000;
/** What a stop may take, ms. */
const LEAVE = 200;
const HOUR = 3600 * SECOND;
const YEAR = 365 * 24 * HOUR;
const NOW = Date.UTC(2026, 6, 1);

/** One run of a broker on a store, in this process. */
class Life {
  readonly clock: ManualClock;
  readonly #broker: Broker;
  readonly #settings;
  /** What it warned of. */
  readonly told: string[] = [];

  constructor(path: string, clock: ManualClock) {
    this.clock = clock;
    this.#settings = completeSettings({
      sys: { interval: 0 },
      storage: { mode: "durable", path },
      listener: [{ name: "tcp", port: 0 }],
    });
    this.#broker = new Broker(this.#settings, {
      clock,
      log: {
        ...silentLog,
        failed: (_, error) => this.told.push(String(error)),
        trouble: (what, { message }) => this.told.push(`${what}: ${message}`),
      },
    });
  }

  async start(): Promise<this> {
    await this.#broker.start();
    return this;
  }

  /** Connects with 5.0; returns whether the session was there, too. */
  async connect(
    options: ConnectOptions,
  ): Promise<{ client: WireClient; present: boolean }> {
    const [mine, stream] = memoryPair();
    const peer = { hostname: "memory", port: 1 };
    this.#broker.serve({ stream, peer }, this.#settings.listener[0]);
    const client = new WireClient(mine, 5);
    await client.send(client.packets.connect({ clean: false, ...options }));
    await answered(client);
    const { type, code, sessionPresent } = await client.receive();
    assert.deepEqual([type, code], [2, 0]);
    return { client, present: sessionPresent === true };
  }

  async advance(ms: number): Promise<void> {
    await settle();
    // In steps: housekeeping looks at the calendar every ten seconds.
    for (let left = ms; left > 0; left -= 10 * SECOND) {
      this.clock.advance(Math.min(left, 10 * SECOND));
      activity.count++;
      await settle();
    }
    await until("all is written", () => this.#broker.unwritten === 0);
  }

  async stop(): Promise<void> {
    const stopped = this.#broker.stop(0);
    await settle();
    // Those who do not take leave are waited for.
    this.clock.advance(LEAVE);
    activity.count++;
    await stopped;
  }
}

/** The machine between two lives. */
interface Pause {
  /** How far the calendar is set meanwhile, beside what passes, ms. */
  readonly step: number;
  /** Whether the machine was off. */
  readonly reboots: boolean;
  /** What counts of the ten seconds. */
  readonly counts: number;
}

interface Case {
  readonly name: string;
  /** The calendar at first. */
  readonly date?: number;
  /** How far it is set while the broker runs, ms. */
  readonly step?: number;
  readonly pause: Partial<Pause>;
  /** Whether the power fails, with no stop. */
  readonly isCut?: boolean;
}

const cases: readonly Case[] = [
  { name: "nothing happens", pause: {} },
  { name: "NTP sets it from 1970", date: 0, step: 56 * YEAR, pause: {} },
  {
    name: "NTP sets it from 1970, the machine is started again",
    ...{ date: 0, step: 56 * YEAR, pause: { reboots: true } },
  },
  { name: "set forward by an hour", step: HOUR, pause: {} },
  { name: "set back by an hour", step: -HOUR, pause: {} },
  {
    name: "set back by an hour, the machine is started again",
    ...{ step: -HOUR, pause: { reboots: true } },
  },
  { name: "set forward by a year while stopped", pause: { step: YEAR } },
  { name: "set back by an hour while stopped", pause: { step: -HOUR } },
  { name: "back to 1970 while stopped", pause: { step: -56 * YEAR } },
  {
    name: "the machine starts in 1970",
    pause: { step: -56 * YEAR, reboots: true, counts: 0 },
  },
  {
    name: "the machine starts an hour too early",
    pause: { step: -HOUR, reboots: true, counts: 0 },
  },
  {
    name: "NTP sets it from 1970, the power fails",
    ...{ date: 0, step: 56 * YEAR, pause: { reboots: true }, isCut: true },
  },
  { name: "both steps", date: 0, step: 56 * YEAR, pause: { step: -HOUR } },
];

/** The disk takes its time. */
function answered(client: WireClient): Promise<void> {
  return until("an answer", () => client.waiting > 0);
}

/** The files of the store at `path` as they are now, elsewhere. */
async function cutOff(path: string): Promise<string> {
  const other = `${dirname(path)}/left.kv`;
  for (const part of ["", "-wal"]) {
    await Deno.copyFile(path + part, other + part);
  }
  return other;
}

/** Ten seconds of a first life, ten of a pause; then a second life. */
async function livesTwice(
  path: string,
  { date = NOW, step = 0, pause, isCut = false }: Case,
  body: (life: Life, elapsed: number) => Promise<void>,
): Promise<void> {
  const clock = new ManualClock(date);
  clock.runs(1, HOUR);
  const first = await new Life(path, clock).start();
  await beginAll(first);
  clock.step(step);
  await first.advance(10 * SECOND);
  const before = clock.now();
  const left = isCut ? await cutOff(path) : path;
  await first.stop();
  // What stopping took is a part of the pause.
  const rest = 10 * SECOND - (clock.now() - before);
  const next = new ManualClock(clock.date() + rest + (pause.step ?? 0), 2e12);
  const isSame = !(pause.reboots ?? false);
  next.runs(isSame ? 1 : 2, isSame ? clock.machine()!.uptime + rest : SECOND);
  const second = await new Life(left, next).start();
  try {
    const paused = pause.counts === 0 ? 10 - rest / SECOND : 10;
    await body(second, 10 + paused);
  } finally {
    await second.stop();
  }
}

/**
 * Message Expiry Interval (0x02) of `packet`: never less than what is left, and
 * a second more at most, which the head may be old when the broker stops.
 */
function assertLeft(packet: ReadPacket, seconds: number): void {
  const [told] = propertiesOf(packet, 2) as number[];
  const more = told - Math.ceil(seconds);
  assert.ok(more === 0 || more === 1, `${told} of ${seconds} s`);
}

const expiry = (seconds: number) => [property.messageExpiry(seconds)];

/** What has a duration, all from now on. */
async function beginAll(life: Life): Promise<void> {
  const sessions = [["reader", 100], ["early", 100], ["late", 100]] as const;
  for (const [clientId, seconds] of sessions) {
    const properties = [property.sessionExpiry(seconds)];
    const { client } = await life.connect({ clientId, properties });
    await client.send(client.packets.subscribe(1, [["a/#", 1]]));
    await answered(client);
    assert.equal((await client.receive()).type, 9);
    await client.disconnect();
  }
  const { client: mortal } = await life.connect({
    clientId: "mortal",
    properties: [property.sessionExpiry(300)],
    will: {
      ...{ topic: "will", payload: "gone" },
      properties: [property.willDelay(50)],
    },
  });
  await mortal.drop();
  const { client } = await life.connect({ clientId: "sender", clean: true });
  for (const [id, topic, retain] of [[1, "a/1", false], [2, "r", true]]) {
    await client.publish({
      ...{ topic: `${topic}`, payload: "x", qos: 1, id: Number(id) },
      ...{ retain: retain === true, properties: expiry(60) },
    });
    await answered(client);
    await client.expectAck(4, Number(id));
  }
  await client.disconnect();
}

for (const one of cases) {
  Deno.test(`clock: durations go on (${one.name})`, async () => {
    const folder = await Deno.makeTempDir();
    try {
      await livesTwice(`${folder}/store.kv`, one, async (life, elapsed) => {
        const { client: watcher } = await life.connect({ clientId: "watcher" });
        await watcher.subscribe(["will", "r"]);
        const kept = await watcher.receivePublish();
        assertLeft(kept, 60 - elapsed);
        const { client, present } = await life.connect({ clientId: "reader" });
        assert.equal(present, true);
        const queued = await client.receivePublish();
        assertLeft(queued, 60 - elapsed);
        await client.send(puback(queued.packetId));
        await life.advance((49 - elapsed) * SECOND);
        await watcher.expectNothing();
        await life.advance(2 * SECOND);
        assert.equal((await watcher.receivePublish()).topic, "will");
        await life.advance(48 * SECOND);
        const early = await life.connect({ clientId: "early" });
        assert.equal(early.present, true, "a second before its end");
        await early.client.expectNothing();
        await life.advance(2 * SECOND);
        const late = await life.connect({ clientId: "late" });
        assert.equal(late.present, false, "a second after its end");
        const isUnknown = one.pause.counts === 0;
        const doubts = life.told.filter((text) => /counts as 0/.test(text));
        assert.equal(doubts.length, isUnknown ? 1 : 0, `${life.told}`);
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
