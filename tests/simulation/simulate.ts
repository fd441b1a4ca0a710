import type { StorageMode } from "../../src/store/mod.ts";
import { castOf } from "./cast.ts";
import { judge, judgeRetained } from "./checks.ts";
import { Auditor } from "./clients/auditor.ts";
import { SimulatedDisk } from "./disk/simulated_disk.ts";
import { Host, type HostOptions } from "./host.ts";
import { Ledger } from "./ledger.ts";
import { Random } from "../support/random.ts";
import { planOf, type Step } from "./plan.ts";
import { ACTS, type Stage } from "./steps.ts";
import { World } from "./world.ts";

/** Bytes that payloads are longer where there is little room, at most. */
const PADDING = 120_000;

/** Free bytes that a broker keeps, and those more after which room is back. */
const LEAST = 9 * 1024 * 1024 + 500_000;

/** Bytes that copies take beside, before two snapshots give them back. */
const COPIES = 6_000_000;

/** Rounds in which all has to come to rest. */
const ROUNDS = 400;

/** A history to be simulated. */
export interface History {
  readonly seed: number;
  readonly mode: StorageMode;
  /** @default those of the seed */
  readonly plan?: readonly Step[];
  /** How many of them. @default 200 */
  readonly steps?: number;
  /** Whether to tell what happens. @default false */
  readonly isTold?: boolean;
  /** What is made otherwise, to see that it is noticed. */
  readonly opener?: HostOptions["opener"];
}

/** What became of it. */
export interface Outcome {
  /** What was wrong, the first first; empty where all is well. */
  readonly faults: readonly string[];
  /** Hash of all bytes that clients got. */
  readonly trace: number;
  readonly messages: number;
  readonly copies: number;
  readonly crashes: number;
  readonly lines: readonly string[];
}

/** Simulates a history from its beginning to its end. */
export async function simulate(history: History): Promise<Outcome> {
  const { seed, mode, steps = 200, isTold = false } = history;
  const plan = history.plan ?? planOf(seed, steps, mode);
  const world = new World(seed);
  if (isTold) world.lines = [];
  const ledger = new Ledger(world);
  const room = roomOf(seed, mode);
  const disk = new SimulatedDisk(world, room);
  if (room !== undefined) ledger.padding = PADDING;
  const host = new Host(world, disk, ledger, { mode, opener: history.opener });
  const around = { world, ledger, net: host };
  const cast = castOf(seed, around);
  const auditor = new Auditor(around, { id: "auditor", version: 5, expiry: 0 });
  const clients = [...cast.publishers, ...cast.subscribers, ...cast.wills];
  host.clients = [...clients, auditor];
  const stage: Stage = { world, disk, host, cast, clients };
  try {
    host.boot();
    await world.rest(200);
    for (const client of clients) client.connect();
    await world.rest(200);
    for (const step of plan) await take(stage, step);
    world.random.begin(seed);
    await settle(stage, ledger);
    await audit(stage, ledger, auditor);
    await restart(stage, ledger, auditor);
  } catch (error) {
    ledger.fault(`the simulation failed: ${(error as Error).stack}`);
  }
  return {
    faults: ledger.faults,
    trace: clients.reduce((sum, { trace }) => (sum * 31 + trace) | 0, 0),
    messages: ledger.messages.length,
    copies: ledger.copies,
    crashes: host.crashes,
    lines: world.lines ?? [],
  };
}

/**
 * Free bytes of the disk of some seeds: so few that the broker has to refuse
 * messages, and to take some again when others have gone.
 */
export function roomOf(seed: number, mode: StorageMode): number | undefined {
  const random = new Random(seed ^ 0xd15c);
  if (!random.chance(0.1)) return undefined;
  const copies = mode === "fault-tolerant" ? COPIES : 0;
  return LEAST + copies + random.between(0, 600_000);
}

async function take(stage: Stage, step: Step): Promise<void> {
  const { world, host } = stage;
  world.random.begin(step.seed);
  world.tell(() => `-- ${step.kind}`);
  await ACTS[step.kind](stage, step);
  host.boot();
  await world.turn();
  host.watch();
}

/** The disk works, all are connected, and everything is acknowledged. */
async function settle(stage: Stage, ledger: Ledger): Promise<void> {
  const { world, host, disk, clients, cast } = stage;
  world.tell(() => "-- all comes to rest");
  for (let round = 0, quiet = 0; round < ROUNDS && quiet < 4; round++) {
    disk.heal();
    host.boot();
    for (const client of clients) {
      if (!client.isConnected) client.connect();
      client.stalled = false;
    }
    for (const subscriber of cast.subscribers) {
      subscriber.acknowledge(Infinity);
      if (round % 20 === 19) subscriber.askAgain();
    }
    host.advance(round < 20 ? 50 : 250);
    await world.goOn(8);
    const isIdle = world.isAtRest && host.broker?.unwritten === 0 &&
      !host.mayRefuse &&
      clients.every(({ isOpen, unfinished }) => isOpen && unfinished === "");
    quiet = isIdle ? quiet + 1 : 0;
  }
  await world.rest(200);
  judge(stage, ledger);
}

/** Looks at what is retained, as a client that comes new. */
async function audit(
  { world, host }: Stage,
  ledger: Ledger,
  auditor: Auditor,
): Promise<void> {
  auditor.connect(true);
  for (let left = 10; left > 0; left--) {
    await world.rest(200);
    host.advance(300);
  }
  judgeRetained(auditor.found, ledger);
  auditor.disconnect();
  await world.rest(200);
}

/** Stops and starts once more: all is as it was, and nothing comes again. */
async function restart(
  stage: Stage,
  ledger: Ledger,
  auditor: Auditor,
): Promise<void> {
  const { host, cast, world } = stage;
  world.tell(() => "-- a stop, and a start");
  const { copies } = ledger;
  await host.stop();
  await settle(stage, ledger);
  await audit(stage, ledger, auditor);
  if (cast.wills.length === 0) {
    const more = ledger.copies - copies;
    if (more > 0) ledger.fault(`${more} copies come again after a stop`);
  }
  await host.stop();
}
