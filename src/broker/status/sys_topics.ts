import type { Cancel } from "../../clock/mod.ts";
import { type RetainedSettings, VERSION } from "../../config/mod.ts";
import { encodeUtf8, Message } from "../../mqtt/mod.ts";
import {
  CLOSE_REASONS,
  type Context,
  DROP_REASONS,
  PAUSE_REASONS,
  type Registry,
  workOf,
} from "../../session/mod.ts";
import type { LoginCounts } from "../../security/mod.ts";
import type { StoreStatus, Written } from "../../store/mod.ts";
import { LoadAverage } from "./load_average.ts";

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
  readonly #registry: Registry;
  readonly #context: Context;
  #interval: number;
  readonly #startedAt: number;
  /** The text last published, by name: what did not change is not sent. */
  readonly #published = new Map<string, string>();
  /** Names of `#passing` that are published. */
  #passed: readonly string[] = [];
  readonly #loads: readonly [string, () => number, LoadAverage][];
  #cancel: Cancel | null = null;
  /** Reads the figures of the store; null when nothing is stored. */
  storage: (() => StoreStatus) | null = null;
  /** Days left of certificates, by listener; null when there are none. */
  certificates: (() => ReadonlyMap<string, number>) | null = null;
  /** Counts of failed logins; null without authenticators. */
  logins: (() => Readonly<LoginCounts>) | null = null;
  #updatedAt: number;
  /** Its own retained messages: they take no room from those of clients. */
  readonly #room = { messages: 0, bytes: 0 };

  /** `interval` in ms; 0 publishes nothing. */
  constructor(registry: Registry, interval: number) {
    const { context } = registry;
    this.#registry = registry;
    this.#context = context;
    this.#interval = interval;
    this.#startedAt = this.#updatedAt = context.clock.now();
    const { counters } = context;
    const load = (
      name: string,
      read: () => number,
    ): [string, () => number, LoadAverage] => [name, read, new LoadAverage()];
    this.#loads = [
      load("messages/received", () => counters.packetsReceived),
      load("messages/sent", () => counters.packetsSent),
      load("publish/received", () => counters.publishReceived),
      load("publish/sent", () => counters.publishSent),
      load("publish/dropped", () => counters.droppedMessages),
      load("bytes/received", () => counters.bytesReceived),
      load("bytes/sent", () => counters.bytesSent),
      load("sockets", () => counters.connectionsOpened),
      load("connections", () => counters.connectsAccepted),
    ];
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
    this.#clients();
    this.#traffic();
    this.#reasons();
    this.#stored();
    this.#passing();
    const now = this.#context.clock.now();
    const seconds = (now - this.#updatedAt) / 1000;
    this.#updatedAt = now;
    for (const [name, read, average] of this.#loads) {
      if (seconds > 0) average.update(read(), seconds);
      for (const [span, value] of average.values()) {
        this.#publish(`load/${name}/${span}`, value);
      }
    }
    const uptime = Math.floor((now - this.#startedAt) / 1000);
    this.#publish("uptime", `${uptime} seconds`);
  }

  /** Certificates and logins: a reload may add and remove these topics. */
  #passing(): void {
    const now = new Map<string, number>();
    for (const [listener, days] of this.certificates?.() ?? []) {
      now.set(`certificates/${listener}/days`, days);
    }
    for (const [name, count] of Object.entries(this.logins?.() ?? {})) {
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
  #clients(): void {
    const { counters } = this.#context;
    const registry = this.#registry;
    const away = registry.size - counters.clientsConnected;
    this.#publish("clients/total", registry.size);
    this.#publish("clients/connected", counters.clientsConnected);
    this.#publish("clients/disconnected", away);
    this.#publish("clients/active", counters.clientsConnected);
    this.#publish("clients/inactive", away);
    this.#publish("clients/maximum", counters.clientsMaximum);
    this.#publish("clients/expired", counters.clientsExpired);
  }

  /** Totals since the start, and what waits or is retained now. */
  #traffic(): void {
    const { counters, router } = this.#context;
    const { retained } = router;
    this.#publish("messages/received", counters.packetsReceived);
    this.#publish("messages/sent", counters.packetsSent);
    this.#publish(
      "messages/stored",
      counters.queuedMessages + retained.messages,
    );
    this.#publish("publish/messages/received", counters.publishReceived);
    this.#publish("publish/messages/sent", counters.publishSent);
    this.#publish("publish/messages/dropped", counters.droppedMessages);
    this.#publish("publish/bytes/received", counters.publishBytesReceived);
    this.#publish("publish/bytes/sent", counters.publishBytesSent);
    this.#publish("bytes/received", counters.bytesReceived);
    this.#publish("bytes/sent", counters.bytesSent);
    this.#publish("store/messages/count", counters.queuedMessages);
    this.#publish("store/messages/bytes", counters.queuedBytes);
    this.#publish("subscriptions/count", router.subscriptionCount);
    this.#publish(
      "shared_subscriptions/count",
      router.sharedSubscriptionCount,
    );
    this.#publish("retained messages/count", retained.messages);
    this.#publish("internal errors/count", counters.internalErrors);
    this.#publish("broken invariants/count", counters.brokenInvariants);
    this.#publish("slow turns/count", counters.slowTurns);
  }

  /** Every drop and every close by its reason. */
  #reasons(): void {
    const { dropped, closed, paused } = this.#context.counters;
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

  /** Retains `value` under `$SYS/broker/`, unless it stands there already. */
  #stored(): void {
    if (this.storage === null) return;
    const status = this.storage();
    this.#publish("storage/mode", status.mode);
    this.#publish("storage/health", status.health);
    this.#publish("storage/bytes", status.storedBytes);
    this.#publish("storage/retained/bytes", status.retainedBytes);
    this.#publish("storage/queued/bytes", status.queuedBytes);
    this.#publish("storage/sessions/bytes", status.sessionBytes);
    this.#written("written", status.written);
    this.#written("written today", status.writtenToday);
    if (status.writeBudget === 0) return;
    this.#publish("storage/write budget/bytes", status.writeBudget);
    this.#publish("storage/write budget/pause/ms", status.writePause);
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
    if (limits.maxMessages > 0) limits.maxMessages += messages;
    if (limits.maxBytes > 0) limits.maxBytes += bytes;
  }
}
