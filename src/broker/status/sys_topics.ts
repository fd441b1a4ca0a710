import type { Cancel } from "../../clock/mod.ts";
import { type RetainedSettings, VERSION } from "../../config/mod.ts";
import { encodeUtf8, Message } from "../../mqtt/mod.ts";
import {
  CLOSE_REASONS,
  type Context,
  DROP_REASONS,
  PAUSE_REASONS,
  workOf,
} from "../../session/mod.ts";
import type { Written } from "../../store/mod.ts";
import type { BrokerFigures } from "../../admin/protocol/mod.ts";
import type { Figures, OwnRetained } from "../figures/figures.ts";
import { LOAD_MINUTES } from "../figures/load_average.ts";
import { memoryFigures } from "../figures/process_figures.ts";

/** Kinds of writes, as `Written` has them. */
const WRITE_KINDS = ["log", "cleaning", "journal", "snapshots"] as const;

/** Their publishing, for slow turns. */
const SYS_TOPICS = workOf("sys-topics");

/**
 * Publishes the broker's figures under `$SYS/broker/`, retained, by the names
 * that Mosquitto gives them, each when it has changed. Beside them:
 * `dropped/<reason>`, `clients/closed/<reason>`, `clients/paused/<reason>` and
 * `storage/…`.
 */
export class SysTopics {
  readonly #context: Context;
  readonly #figures: Figures;
  #interval: number;
  /** The text last published, by name: what did not change is not sent. */
  readonly #published = new Map<string, string>();
  /** Names of `#passing` that are published. */
  #passed: readonly string[] = [];
  #cancel: Cancel | null = null;
  /** Its own retained messages: they take no room from those of clients. */
  readonly #room = { messages: 0, bytes: 0 };
  readonly #own: OwnRetained;

  /** `interval` in ms; 0 publishes nothing. Counts what it retains in `own`. */
  constructor(
    context: Context,
    figures: Figures,
    own: OwnRetained,
    interval: number,
  ) {
    this.#context = context;
    this.#own = own;
    this.#figures = figures;
    this.#interval = interval;
  }

  /** Publishes now and every interval. */
  start(): void {
    if (this.#interval === 0) return;
    this.#publish("version", `dunlin version ${VERSION}`);
    this.#report();
  }

  /** Stops publishing. */
  stop(): void {
    this.#cancel?.();
    this.#cancel = null;
  }

  /** Bounds what clients may retain; 0 = no bound. */
  limitRetained(settings: RetainedSettings): void {
    const { limits } = this.#context.router.retained;
    const { max_messages, max_bytes } = settings;
    const { messages, bytes } = this.#room;
    limits.maxMessages = max_messages === 0 ? 0 : max_messages + messages;
    limits.maxBytes = max_bytes === 0 ? 0 : max_bytes + bytes;
  }

  /** Publishes every `ms` from now on; with 0 removes what it has retained. */
  set interval(ms: number) {
    if (ms === this.#interval) return;
    this.#interval = ms;
    this.stop();
    this.start();
    if (ms > 0) return;
    for (const name of [...this.#published.keys()]) this.#remove(name);
    this.#passed = [];
  }

  /** Publishes what has changed, and sets the timer for the next time. */
  #report(): void {
    const { clock, faults } = this.#context;
    this.#cancel = clock.after(this.#interval, () => this.#report());
    faults.survive("$SYS is published again later", () => this.#publishAll());
  }

  #publishAll(): void {
    this.#context.turn.begin(SYS_TOPICS);
    const figures = this.#figures.update();
    this.#clients(figures);
    this.#traffic(figures);
    this.#reasons(figures);
    this.#stored(figures);
    this.#passing(figures);
    this.#heap();
    for (const [name, averages] of Object.entries(figures.loads)) {
      LOAD_MINUTES.forEach((minutes, index) => {
        const average = averages[index].toFixed(2);
        this.#publish(`load/${name}/${minutes}min`, average);
      });
    }
    this.#publish("uptime", `${figures.uptime} seconds`);
  }

  /** Certificates and logins: a reload may add and remove these topics. */
  #passing({ certificates, logins }: BrokerFigures): void {
    const now = new Map<string, number>();
    for (const { listener, days } of certificates) {
      now.set(`certificates/${listener}/days`, days);
    }
    for (const [name, count] of Object.entries(logins ?? {})) {
      now.set(`logins/${name}`, count);
    }
    for (const [name, value] of now) this.#publish(name, value);
    for (const name of this.#passed) {
      if (!now.has(name)) this.#remove(name);
    }
    this.#passed = [...now.keys()];
  }

  #remove(name: string): void {
    this.#publish(name, "");
    this.#published.delete(name);
  }

  /** Sessions, attached and not; two names each, as Mosquitto has them. */
  #clients({ clients, sessions }: BrokerFigures): void {
    this.#publish("clients/total", sessions.count);
    this.#publish("clients/connected", clients.connected);
    this.#publish("clients/disconnected", sessions.away);
    this.#publish("clients/active", clients.connected);
    this.#publish("clients/inactive", sessions.away);
    this.#publish("clients/maximum", clients.maximum);
    this.#publish("clients/expired", sessions.expired);
  }

  /** Totals since the start, and what waits or is retained now. */
  #traffic(figures: BrokerFigures): void {
    const { messages, packets, payload, bytes, subscriptions } = figures;
    const { errors, waiting } = figures;
    this.#publish("messages/received", packets.received);
    this.#publish("messages/sent", packets.sent);
    const retained = messages.retained + messages.ownRetained;
    this.#publish("messages/stored", messages.queued + retained);
    this.#publish("publish/messages/received", messages.received);
    this.#publish("publish/messages/sent", messages.sent);
    this.#publish("publish/messages/dropped", messages.dropped);
    this.#publish("publish/bytes/received", payload.received);
    this.#publish("publish/bytes/sent", payload.sent);
    this.#publish("bytes/received", bytes.received);
    this.#publish("bytes/sent", bytes.sent);
    this.#publish("store/messages/count", messages.queued);
    this.#publish("store/messages/bytes", waiting.queued);
    this.#publish("subscriptions/count", subscriptions.count);
    this.#publish("shared_subscriptions/count", subscriptions.shared);
    this.#publish("retained messages/count", retained);
    this.#publish("internal errors/count", errors.internal);
    this.#publish("broken invariants/count", errors.invariants);
    this.#publish("slow turns/count", errors.slowTurns);
  }

  /** Every drop, close and pause by its reason. */
  #reasons({ dropped, closed, paused }: BrokerFigures): void {
    for (const reason of DROP_REASONS) {
      this.#publish(`dropped/${reason}`, dropped[reason]);
    }
    for (const reason of CLOSE_REASONS) {
      this.#publish(`clients/closed/${reason}`, closed[reason]);
    }
    for (const reason of PAUSE_REASONS) {
      this.#publish(`clients/paused/${reason}`, paused[reason]);
    }
  }

  /** Memory that the broker has allocated, as Mosquitto reports its own. */
  #heap(): void {
    const { allocated, allocatedMaximum } = memoryFigures();
    this.#publish("heap/current", allocated);
    this.#publish("heap/maximum", allocatedMaximum);
  }

  /** The store's figures; none in `memory`. */
  #stored({ storage }: BrokerFigures): void {
    if (storage.mode === "memory") return;
    this.#publish("storage/mode", storage.mode);
    this.#publish("storage/health", storage.health);
    this.#publish("storage/bytes", storage.storedBytes);
    this.#publish("storage/retained/bytes", storage.retainedBytes);
    this.#publish("storage/queued/bytes", storage.queuedBytes);
    this.#publish("storage/sessions/bytes", storage.sessionBytes);
    this.#written("written", storage.written);
    this.#written("written today", storage.writtenToday);
    if (storage.writeBudget === 0) return;
    this.#publish("storage/write budget/bytes", storage.writeBudget);
    this.#publish("storage/write budget/pause/ms", storage.writePause);
  }

  /** Bytes written, in all and by kind. */
  #written(name: string, written: Written): void {
    let sum = 0;
    for (const kind of WRITE_KINDS) {
      this.#publish(`storage/${name}/${kind}/bytes`, written[kind]);
      sum += written[kind];
    }
    this.#publish(`storage/${name}/bytes`, sum);
  }

  /** Retains `value` under `$SYS/broker/`, unless it stands there already. */
  #publish(name: string, value: string | number): void {
    const text = String(value);
    const before = this.#published.get(name);
    if (before === text) return;
    this.#published.set(name, text);
    const { router } = this.#context;
    const topic = router.topicOf(`$SYS/broker/${name}`);
    const payload = encodeUtf8(text);
    const message = new Message(topic, payload, 0, payload.length);
    message.retain = true;
    const messages = (text === "" ? 0 : 1) - (before === undefined ? 0 : 1);
    const bytes = before === undefined
      ? message.size
      : text === ""
      ? -before.length - message.size
      : text.length - before.length;
    this.#take(messages, bytes);
    router.publish(topic, message, null);
  }

  /** These take no room from what clients may have retained. */
  #take(messages: number, bytes: number): void {
    const { limits } = this.#context.router.retained;
    this.#room.messages += messages;
    this.#room.bytes += bytes;
    this.#own.messages += messages;
    this.#own.bytes += bytes;
    if (limits.maxMessages > 0) limits.maxMessages += messages;
    if (limits.maxBytes > 0) limits.maxBytes += bytes;
  }
}
