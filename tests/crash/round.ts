import { Account } from "./account.ts";
import type { Kill, Published } from "./account.ts";
import { BrokerLife, freePort } from "./broker_life.ts";
import { CrashClient, LIVE_TOPICS } from "./client.ts";
import type { Plan, PlannedFault, PlannedKill } from "./plan.ts";
import { RoundDisk } from "./round_disk.ts";
import { Random } from "../support/random.ts";
import { checkRetained } from "./retained_check.ts";
import { now, pause, until } from "./time.ts";
import { Verdict } from "./verdict.ts";
import type { Finding } from "./verdict.ts";

/** Ms after which something that has to happen will not. */
const PATIENCE = 45_000;

/** What a broker says of a disk that does not work. */
const ALARM = /I\/O error|Input\/output error|disk is full|No space left/;

/** What a round came to. */
export interface RoundResult {
  readonly plan: Plan;
  readonly findings: readonly Finding[];
  readonly kills: number;
  readonly faults: number;
  /** Brokers that said that their disk fails or is full. */
  readonly alarms: number;
  readonly acknowledged: number;
  readonly received: number;
  readonly redelivered: number;
  readonly lostInWindow: number;
  readonly duplicatedInWindow: number;
  /** A long window and a kill: something should have been lost in it. */
  readonly isRevealing: boolean;
  /** Ms it took. */
  readonly took: number;
}

/** One broker with its store and its clients, through several lives. */
class Round {
  readonly #plan: Plan;
  readonly #folder: string;
  readonly #disk: RoundDisk;
  readonly #port = freePort();
  readonly #account = new Account(now());
  readonly #verdict: Verdict;
  readonly #clients: CrashClient[];
  readonly #world;
  #life: BrokerLife;
  /** All of its lives. */
  readonly #lives: BrokerLife[] = [];

  constructor(plan: Plan, folder: string, disk: RoundDisk) {
    this.#plan = plan;
    this.#folder = folder;
    this.#disk = disk;
    this.#verdict = new Verdict(this.#account, plan);
    const world = this.#world = {
      port: this.#port,
      account: this.#account,
      isBusy: false,
      mayRefuse: plan.faults.length > 0,
    };
    const random = new Random(plan.seed ^ 0x5eed);
    this.#clients = plan.versions.map((version, at) =>
      new CrashClient(`c${at}`, version, world, random.child())
    );
    this.#life = this.#newLife();
  }

  async run(): Promise<RoundResult> {
    const running = this.#clients.map((client) => client.run());
    try {
      await this.#live();
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      this.#verdict.add("other", `${text} (${this.#account.tell(now())})`);
    } finally {
      for (const client of this.#clients) client.end();
      await Promise.all(running);
      await this.#life.kill();
    }
    this.#verdict.judge(this.#clients);
    const said = await Promise.all(this.#lives.map((life) => life.said));
    return this.#result(said.filter((text) => ALARM.test(text)).length);
  }

  async #live(): Promise<void> {
    await this.#life.ready();
    await this.#gather();
    for (const client of this.#clients) client.subscribe();
    await this.#settle();
    // What the round begins with is on disk: later losses are of the load.
    if (this.#plan.mode === "buffered") await this.#restart();
    this.#world.isBusy = true;
    this.#clients[1].isAway = true;
    this.#clients[1].drop();
    for (const kill of this.#plan.kills) {
      await pause(kill.after);
      await this.#endAndBegin(kill);
      this.#clients[1].isAway = false;
      await this.#checkRetained(false);
    }
    if (this.#plan.kills.length === 0) await pause(300);
    this.#world.isBusy = false;
    for (const client of this.#clients) client.isAway = false;
    await this.#drain();
    if (this.#plan.mode !== "memory") await this.#restart();
    await this.#drain();
    await this.#checkRetained(true);
    await this.#life.stop();
  }

  /** With what the disk does wrong around it. */
  async #endAndBegin(kill: PlannedKill): Promise<void> {
    const { fault } = kill;
    if (fault === null) {
      await this.#end(kill);
      return await this.#begin();
    }
    await this.#fails(fault);
    await pause(fault.lasts);
    if (fault.ends === "before") {
      await this.#works();
      await pause(kill.pause);
    }
    await this.#end(kill);
    if (fault.ends === "dead") await this.#works();
    if (fault.ends !== "later") return await this.#begin();
    this.#life = this.#newLife();
    // On a disk that does not work a start may fail, and says so.
    const isThere = await this.#life.ready().then(() => true, () => false);
    if (isThere) await pause(fault.lasts);
    else await this.#life.kill();
    await this.#works();
    if (!isThere) await this.#begin();
  }

  async #fails({ kind, percent }: PlannedFault): Promise<void> {
    this.#account.faults.push({ kind, at: now(), until: Infinity });
    await this.#disk.fail(kind, percent);
  }

  async #works(): Promise<void> {
    await this.#disk.heal();
    this.#account.faults.at(-1)!.until = now();
  }

  async #end({ kind, pause: ms }: Omit<PlannedKill, "fault">): Promise<void> {
    const account = this.#account;
    const kill: Kill = { kind, at: now(), until: Infinity };
    account.kills.push(kill);
    if (kind === "stop") await this.#life.stop();
    else if (kind === "freeze") {
      this.#life.freeze();
      await pause(ms);
    }
    await this.#life.kill();
    await this.#ended(kill);
    if (kind !== "loading") return;
    this.#life = this.#newLife();
    await pause(ms);
    const second: Kill = { kind, at: now(), until: Infinity };
    account.kills.push(second);
    await this.#life.kill();
    await this.#ended(second);
  }

  /** All that the broker sent has been read. */
  async #ended(kill: Kill): Promise<void> {
    await until(() => this.#clients.every((one) => !one.isConnected), PATIENCE);
    kill.until = now();
    if (this.#plan.mode !== "buffered") return;
    const since = this.#verdict.windowBefore(kill);
    for (const { subscriptions, receiver } of this.#clients) {
      subscriptions.forget(since);
      receiver.forget(since);
    }
  }

  async #begin(): Promise<void> {
    this.#life = this.#newLife();
    await this.#life.ready();
  }

  /** A clean stop, which loses nothing, and a new start. */
  async #restart(): Promise<void> {
    await this.#end({ kind: "stop", after: 0, pause: 0 });
    await this.#begin();
    await this.#gather();
  }

  async #gather(): Promise<void> {
    await this.#expect(
      () => this.#clients.every((one) => one.isAttached),
      "all clients connected",
    );
  }

  async #settle(): Promise<void> {
    await this.#expect(
      () => this.#clients.every((one) => one.isSettled),
      "every exchange at its end",
    );
  }

  /**
   * Sends a message for each topic behind all others: when it has come where
   * it must, those before it have come, too.
   */
  async #drain(): Promise<void> {
    await this.#gather();
    await this.#settle();
    const probes: Published[] = [];
    for (const topic of LIVE_TOPICS) {
      for (const client of this.#clients.slice(0, 2)) {
        probes.push(client.probe(topic, 1), client.probe(topic, 2));
      }
    }
    await this.#settle();
    await until(
      () =>
        this.#clients.every(({ subscriptions, receiver }) =>
          probes.every((probe) =>
            receiver.received.has(probe) || !subscriptions.mustGet(probe)
          )
        ),
      PATIENCE,
    );
    await this.#settle();
    for (const client of this.#clients) {
      if (!await client.ping(PATIENCE)) throw new Error("no PINGRESP");
    }
  }

  async #expect(holds: () => boolean, what: string): Promise<void> {
    if (await until(holds, PATIENCE)) return;
    const states = this.#clients.map((one) =>
      `${one.name}: ${one.isAttached ? "" : "not "}connected, ` +
      `${one.sender.pending} sent, ${one.receiver.pending} received, ` +
      `${one.subscriptions.pending} subscriptions unanswered`
    );
    throw new Error(`waited in vain for ${what}: ${states.join("; ")}`);
  }

  async #checkRetained(isFinal: boolean): Promise<void> {
    const wrong = await checkRetained(
      this.#port,
      this.#account,
      this.#verdict,
      isFinal,
    );
    for (const text of wrong ?? ["nobody told of the retained messages"]) {
      this.#verdict.add("retained", text);
    }
  }

  #newLife(): BrokerLife {
    const { mode, flushInterval } = this.#plan;
    const settings = [
      "session.backlog_messages=1000000",
      "session.backlog_bytes=1 GiB",
      "sys.interval=0",
      `storage.mode=${mode}`,
      `storage.path=${this.#disk.path}/store`,
      `storage.flush_interval=${flushInterval}ms`,
      `storage.low_space=${this.#plan.lowSpace}`,
    ];
    const { env } = this.#disk;
    const life = new BrokerLife(this.#port, settings, this.#folder, env);
    this.#lives.push(life);
    return life;
  }

  #result(alarms: number): RoundResult {
    let acknowledged = 0;
    for (const { acknowledgedAt } of this.#account.messages) {
      if (acknowledgedAt > 0) acknowledged++;
    }
    const { findings, redelivered, isRevealing } = this.#verdict;
    const { lostInWindow, duplicatedInWindow } = this.#verdict;
    return {
      ...{ plan: this.#plan, findings, redelivered, isRevealing, acknowledged },
      ...{ lostInWindow, duplicatedInWindow },
      faults: this.#account.faults.length,
      alarms,
      kills: this.#account.kills.filter(({ kind }) => kind !== "stop").length,
      received: this.#clients.reduce(
        (sum, { receiver }) => sum + receiver.received.size,
        0,
      ),
      took: now() - this.#account.startedAt,
    };
  }
}

/** Runs a round in a temporary folder, which is removed. */
export async function runRound(plan: Plan): Promise<RoundResult> {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-crash-" });
  try {
    await using disk = await RoundDisk.make(folder, plan.faults);
    return await new Round(plan, folder, disk).run();
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
