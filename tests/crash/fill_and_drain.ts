import assert from "node:assert/strict";
import { askSystem } from "../../src/store/space/space.ts";
import { within } from "../support/wait.ts";
import { type Place, place } from "./disk_place.ts";
import type { SmallDisk } from "./small_disk.ts";
import { Talker } from "./talker.ts";
import { pause } from "./time.ts";

/** Bytes of a payload. */
const PAYLOAD = 100_000;

/** Publishers, and messages that each has under way. */
const PUBLISHERS = 4;
const UNDER_WAY = 8;

/** How a full disk was met. */
export interface Filling {
  /** Messages acknowledged before the first refusal. */
  readonly taken: number;
  /** Free bytes at the first refusal. */
  readonly free: number;
}

/** What a round on a small disk showed. */
export interface DiskReport {
  /** With an empty store, after the messages were taken, after a restart. */
  readonly fillings: readonly Filling[];
  /** Fewest free bytes that were seen. */
  readonly lowest: number;
  /** Longest time from the last acknowledgement to a message taken again, ms. */
  readonly recovery: number;
}

/** What is there: the client that is away, and what it has to get. */
class Round {
  readonly #disk: SmallDisk;
  readonly #broker: Place;
  readonly #expected = new Set<string>();
  #number = 0;
  lowest = Infinity;
  recovery = 0;

  constructor(disk: SmallDisk, broker: Place) {
    this.#disk = disk;
    this.#broker = broker;
  }

  /** Publishes until a message is refused. */
  async fill(): Promise<Filling> {
    const filling = { taken: 0, free: 0 };
    let isFull = false;
    const publish = async (talker: Talker) => {
      while (!isFull) {
        if (await this.#publish(talker)) {
          filling.taken++;
          continue;
        }
        if (!isFull) filling.free = await this.#free();
        isFull = true;
      }
    };
    const watch = async () => {
      while (!isFull) {
        await this.#free();
        await pause(10);
      }
    };
    const talkers = await this.#publishers();
    await within(
      "a refusal",
      Promise.all([
        watch(),
        ...talkers.flatMap((one) =>
          Array.from({ length: UNDER_WAY }, () => publish(one))
        ),
      ]),
      120_000,
    );
    for (const one of talkers) await one.close();
    return filling;
  }

  /** Has the client that was away take all that it has to get. */
  async drain(): Promise<void> {
    const { talker, connack } = await this.#away();
    assert.equal(connack.sessionPresent, true);
    while (this.#expected.size > 0) {
      this.#expected.delete((await talker.next()).slice(0, 10));
    }
    // It is sent behind all acknowledgements, and answered behind them.
    await talker.subscribe("unused", 0);
    await talker.close();
  }

  /** Publishes until a message is taken. */
  async untilTaken(): Promise<void> {
    const begun = performance.now();
    const { talker } = await Talker.connect(this.#broker.port, 5, "p", true);
    await within(
      "a message that is taken again",
      (async () => {
        while (!await this.#publish(talker)) await pause(20);
      })(),
    );
    await talker.close();
    this.recovery = Math.max(this.recovery, performance.now() - begun);
  }

  /** Nothing that was acknowledged comes a second time. */
  async expectNothing(): Promise<void> {
    const { talker } = await this.#away();
    const sender = (await Talker.connect(this.#broker.port, 5, "q", true))
      .talker;
    const last = await sender.publish({ topic: "t", payload: "the last" });
    assert.ok(last.code < 0x80);
    assert.equal((await talker.next()).slice(0, 10), "the last");
    await talker.subscribe("unused", 0);
    await talker.close();
    await sender.close();
  }

  async subscribe(): Promise<void> {
    const { talker } = await this.#away();
    await talker.subscribe("t", 1);
    await talker.close();
  }

  #away() {
    return Talker.connect(this.#broker.port, 5, "away");
  }

  async #publishers(): Promise<Talker[]> {
    const names = Array.from({ length: PUBLISHERS }, (_, i) => `p${i}`);
    const made = names.map((name) =>
      Talker.connect(this.#broker.port, 5, name, true)
    );
    return (await Promise.all(made)).map(({ talker }) => talker);
  }

  /** Whether it was taken. */
  async #publish(talker: Talker): Promise<boolean> {
    const name = `${++this.#number}`.padStart(10, "0");
    const payload = name.padEnd(PAYLOAD, "x");
    const { code } = await talker.publish({ topic: "t", payload });
    if (code < 0x80) this.#expected.add(name);
    else assert.equal(code, 0x97);
    return code < 0x80;
  }

  async #free(): Promise<number> {
    const { free } = await askSystem(this.#disk.path);
    this.lowest = Math.min(this.lowest, free);
    return free;
  }
}

/**
 * Fills a small disk three times, with the usual settings: each time messages
 * have to be refused before the disk is full, nothing may be lost, and once
 * what waited was taken, all goes on. Every stop has to end with 0.
 */
export async function fillAndDrain(
  disk: SmallDisk,
  mode: string,
): Promise<DiskReport> {
  await using broker = await place(mode, disk, [
    "storage.low_space=64 MiB",
    "session.backlog_bytes=1 GiB",
    "session.backlog_messages=1000000",
  ]);
  const round = new Round(disk, broker);
  const fillings: Filling[] = [];
  await broker.start();
  await round.subscribe();
  for (let time = 0; time < 2; time++) {
    fillings.push(await round.fill());
    await round.drain();
    await round.untilTaken();
  }
  fillings.push(await round.fill());
  await broker.stop();
  await broker.start();
  await round.drain();
  await round.untilTaken();
  await round.drain();
  await broker.stop();
  await broker.start();
  await round.expectNothing();
  await broker.stop();
  return { fillings, lowest: round.lowest, recovery: round.recovery };
}
