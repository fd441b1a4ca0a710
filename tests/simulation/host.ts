import {
  type BrokerLog,
  silentLog,
} from "../../src/broker/status/broker_log.ts";
import { Broker } from "../../src/broker/mod.ts";
import { completeSettings, type Settings } from "../../src/config/mod.ts";
import {
  nextDoubt,
  openStore,
  type StorageMode,
  StoreError,
  type StoreOpener,
} from "../../src/store/mod.ts";
import { Unasked } from "../../src/security/mod.ts";
import type { Client, Net } from "./clients/client.ts";
import type { SimulatedDisk } from "./disk/simulated_disk.ts";
import type { Ledger } from "./ledger.ts";
import { SimulatedClock } from "./simulated_clock.ts";
import { SimulatedListener } from "./simulated_listener.ts";
import type { Wire } from "./wire.ts";
import { Lane, type World } from "./world.ts";

/** The store's file. */
export const STORE = "/disk/store.kv";

/** When the machine was started, ms since 1970. */
const BOOTED = Date.UTC(2026, 5, 1);

/** From here on a step of time brings a new calendar along (ms). */
const LONG = 1000;

/** Longest `flush_interval` of the settings it changes between (ms). */
const LONGEST_FLUSH = 200;

/** Turns after which a commit that was begun has ended, if the disk works. */
const COMMIT_TURNS = 60;

/** So long after commits work again messages may be refused (ms). */
const REFUSES = 600;

/** How far the calendar is ahead, one run of the broker after the other (ms). */
const CALENDARS = [0, -56.5 * 31_536_000_000, 3_600_000, -3_600_000, 90_000];

/** What an alarm may say only of a damaged store. */
const DAMAGE = /empty store|renamed|rebuilt|lacked|damaged/;

/** One run of the broker. */
interface Life {
  isOver: boolean;
  readonly broker: Broker;
  readonly clock: SimulatedClock;
  readonly lane: Lane;
  /** CONNECTs may come before all is restored; they are answered then. */
  listener: SimulatedListener | null;
  isStarted: boolean;
  /** The turn it began in. */
  readonly since: number;
}

/** What a test makes otherwise than it is, to see that it is noticed. */
export interface HostOptions {
  readonly mode: StorageMode;
  /** Wraps what opens stores. */
  readonly opener?: (opener: StoreOpener) => StoreOpener;
}

/** The machine that brokers run on, one after the other. */
export class Host implements Net {
  readonly #world: World;
  readonly #disk: SimulatedDisk;
  readonly #ledger: Ledger;
  readonly #options: HostOptions;
  readonly #wires = new Set<Wire>();
  #life: Life | null = null;
  /** What `reload` has changed. */
  #variant = 0;
  #settings!: Settings;
  /** The last turn in which commits did not work. */
  #troubled = 0;
  /** What was on disk when that began. */
  #written = 0;
  /** Until then it may refuse messages because commits failed (ms). */
  #refusesUntil = 0;
  /** Damage was done on purpose: alarms may speak of it. */
  isDamaged = false;
  /**
   * Since the disk was full, the journal may be the only copy of the last
   * commits: until a broker has started without an alarm, or has ended it.
   */
  hasOneCopy = false;
  #diskAlarms = 0;
  /** All that connect to it. */
  clients: readonly Client[] = [];
  starts = 0;
  crashes = 0;

  constructor(
    world: World,
    disk: SimulatedDisk,
    ledger: Ledger,
    options: HostOptions,
  ) {
    this.#world = world;
    this.#disk = disk;
    this.#ledger = ledger;
    this.#options = options;
  }

  get isListening(): boolean {
    return this.#life?.listener?.isServing ?? false;
  }

  /** Whether a broker has restored all and serves. */
  get isStarted(): boolean {
    return this.#life?.isStarted ?? false;
  }

  /** Whether the broker may not have noticed yet that commits work. */
  get mayRefuse(): boolean {
    return this.#world.now <= this.#refusesUntil;
  }

  /** The broker that runs, or null. */
  get broker(): Broker | null {
    return this.#life?.broker ?? null;
  }

  accept(wire: Wire): void {
    this.#wires.add(wire);
    this.#life!.listener!.accept(wire);
  }

  /** Begins to start a broker, if none runs. */
  boot(): void {
    if (this.#life !== null) return;
    this.starts++;
    const world = this.#world;
    const lane = new Lane(world);
    const clock = this.#clockOf(lane);
    this.#settings = settingsOf(this.#options.mode, this.#variant);
    const state = { isOver: false };
    const disk = this.#disk.mount(state);
    const opener: StoreOpener = {
      nextDoubt,
      openStore: (settings, clock, doubt) =>
        openStore(settings, clock, doubt, disk),
    };
    const { openStore: open } = this.#options.opener?.(opener) ?? opener;
    const life: Life = Object.assign(state, {
      clock,
      lane,
      listener: null,
      isStarted: false,
      since: world.turns,
      broker: new Broker(this.#settings, {
        clock,
        random: () => world.random.next(),
        authenticator: new Unasked(() => true),
        log: this.#log(state),
        listen: () => Promise.resolve(life.listener = new SimulatedListener()),
        storeOpener: { nextDoubt, openStore: open },
      }),
    });
    this.#life = life;
    world.tell(() => `the broker starts on ${this.#disk.inventory}`);
    const alarms = this.#diskAlarms;
    life.broker.start().then(
      () => {
        life.isStarted = true;
        if (alarms === this.#diskAlarms) this.hasOneCopy = false;
        world.tell(() => "the broker has started");
      },
      (error) => this.#notStarted(life, error),
    );
  }

  /** Each process counts from elsewhere; the calendar is set in between. */
  #clockOf(lane: Lane): SimulatedClock {
    const { now } = this.#world;
    const ahead = CALENDARS[this.starts % CALENDARS.length];
    const origin = 1e12 + this.starts * 12_345_678;
    const clock = new SimulatedClock(now + ahead, origin, lane);
    // The machine itself goes on, its disk alone loses power.
    clock.runs(1, now - BOOTED);
    return clock;
  }

  /** Time goes on, in a long step with a calendar that is set again. */
  advance(ms: number): void {
    this.#world.now += ms;
    if (ms > LONG) this.#life?.clock.step(ms % 2 === 0 ? ms * 999 : -ms * 99);
    this.#life?.clock.advance(ms);
    this.watch();
  }

  /** Looks whether commits work. */
  watch(): void {
    const life = this.#life;
    if (life === null || !life.isStarted || this.#options.mode === "memory") {
      return;
    }
    const { turns } = this.#world;
    const isWell = life.broker.state.health === "ok" &&
      this.#disk.troubled < turns;
    // The broker looks again a while after commits work.
    if (!isWell) this.#refusesUntil = this.#world.now + REFUSES;
    if (this.mayRefuse) {
      this.#world.refusedAt = this.#world.events;
    }
    if (isWell) return;
    this.#world.disturbedAt = this.#world.events;
    if (this.#troubled < turns - 1) this.#written = this.#horizon();
    this.#troubled = turns;
  }

  /**
   * The process dies, with `isPower` the machine as well. What must be there
   * afterwards is told to the clients and the ledger.
   */
  crash(isPower: boolean): void {
    const life = this.#life;
    if (life === null) return;
    this.crashes++;
    this.watch();
    this.#world.tell(() => isPower ? "power is lost" : "the broker is killed");
    const horizon = this.#horizon();
    this.#end(life);
    this.#disk.released(life, isPower);
    this.#lost(horizon);
  }

  /** Stops the broker as its operator does. */
  async stop(): Promise<void> {
    const life = this.#life;
    if (life === null || !life.isStarted) return;
    this.#world.tell(() => "the broker stops");
    this.watch();
    const horizon = this.#horizon();
    let outcome: "no" | "stopped" | "unwritten" = "no";
    life.broker.stop(1000).then(
      () => outcome = "stopped",
      (error) => {
        outcome = "unwritten";
        if (!(error instanceof StoreError)) {
          this.#ledger.fault(`the broker cannot stop: ${error.stack}`);
        }
      },
    );
    for (let left = 400; left > 0 && outcome === "no"; left--) {
      await this.#world.goOn(5);
      this.advance(100);
    }
    const isStopped = outcome as string === "stopped";
    if (outcome === "no") {
      this.#ledger.fault("the broker does not stop");
    }
    this.#world.tell(() => `the broker has ${isStopped ? "" : "not "}stopped`);
    this.#end(life);
    this.#disk.released(life, false);
    this.#lost(isStopped ? Infinity : horizon);
  }

  /** Goes over to other settings while it runs. */
  reload(): void {
    const life = this.#life;
    if (life === null || !life.isStarted) return;
    this.#variant++;
    this.#world.tell(() => `settings are reloaded, variant ${this.#variant}`);
    const settings = settingsOf(this.#options.mode, this.#variant);
    const isMoved = this.#variant % 4 === 3;
    const steps = [...isMoved ? [{ ...settings, listener: [] }] : [], settings];
    for (const one of steps) {
      life.broker.reload(one).catch(
        (error) => this.#ledger.fault(`reload: ${error.stack}`),
      );
    }
  }

  /** The last event that has to be on disk, whatever the mode says of others. */
  #horizon(): number {
    const from = Math.max(this.#life?.since ?? 0, this.#troubled);
    const written = this.#world.writtenSince(
      from,
      LONGEST_FLUSH,
      COMMIT_TURNS,
    );
    return Math.max(written, this.#written);
  }

  #lost(horizon: number): void {
    const { mode } = this.#options;
    const everything = mode === "memory" ? 0 : horizon;
    this.#written = Math.max(
      this.#written,
      everything === Infinity ? this.#world.events : everything,
    );
    const promised = mode === "memory"
      ? 0
      : mode === "buffered"
      ? horizon
      : Infinity;
    this.#world.tell(() => `what came up to event ${promised} has to be there`);
    for (const client of this.clients) client.afterCrash(promised, everything);
    this.#ledger.afterCrash(promised, everything);
    if (mode === "memory") {
      for (const client of this.clients) client.session = "none";
    }
  }

  #end(life: Life): void {
    life.isOver = true;
    life.lane.clear();
    this.#life = null;
    for (const wire of this.#wires) wire.drop();
    this.#wires.clear();
    for (const client of this.clients) client.orphaned();
  }

  #notStarted(life: Life, error: Error): void {
    if (life.isOver) return;
    this.#world.tell(() => `the broker cannot start: ${error.message}`);
    const fault = error instanceof StoreError ? error.fault : null;
    // What is damaged is built anew, which needs room.
    const isDisk = fault === "failing" ||
      (fault === "full" && this.isDamaged) ||
      /Input\/output/.test(error.message);
    if (!isDisk) this.#ledger.fault(`the broker cannot start: ${error.stack}`);
    life.isOver = true;
    life.lane.clear();
    this.#disk.released(life, false);
    for (const wire of this.#wires) wire.cut();
    this.#wires.clear();
    this.#life = null;
  }

  #log(life: { readonly isOver: boolean }): BrokerLog {
    return {
      ...silentLog,
      logs: () => true,
      failed: (...all) => {
        if (life.isOver) return;
        const text = all.map((one) =>
          one instanceof Error ? one.stack : String(one)
        );
        this.#ledger.fault(`the broker failed: ${text.join(" ")}`);
      },
      event: (_level, event, fields) => {
        if (life.isOver) return;
        this.#world.tell(() => `LOG ${event} ${JSON.stringify(fields)}`);
        if (fields.reason !== "client-disconnect") return;
        for (const one of this.clients) {
          if (one.id === fields.client) one.saidGoodbye();
        }
      },
      trouble: (what, { message }) => {
        if (life.isOver) return;
        this.#world.tell(() => `ALARM ${what}: ${message}`);
        if (what === "disk") this.#diskAlarms++;
        if (what === "storage" && DAMAGE.test(message) && !this.isDamaged) {
          this.#ledger.fault(`an alarm without damage: ${message}`);
        }
      },
      recovered: (what) => {
        if (!life.isOver && what === "disk") this.hasOneCopy = false;
      },
    };
  }
}

/** Settings as `reload` goes through them. */
function settingsOf(mode: StorageMode, variant: number): Settings {
  return completeSettings({
    sys: { interval: 0 },
    storage: {
      mode,
      path: STORE,
      flush_interval: [LONGEST_FLUSH, 50][variant % 2],
      snapshot_interval: 2000,
      // In `buffered` more could be lost than the ledger allows.
      write_budget: mode !== "buffered" && variant % 4 === 3 ? 1_000_000 : 0,
      low_space: { bytes: 0, percent: 0 },
    },
    limits: { max_inflight: [65535, 10, 3][variant % 3] },
    listener: [{ name: "sim" }],
  });
}
