import {
  type AdminConfiguration,
  type AdminFailure,
  type AdminListening,
  type AdminNote,
  pack,
  unpack,
} from "../../admin/protocol/mod.ts";
import type { Cancel } from "../../clock/mod.ts";
import { adminPath, type Settings } from "../../config/mod.ts";
import type { Recorder } from "../figures/recorder.ts";
import { workOf } from "../../session/mod.ts";
import { ListenError } from "../../transport/mod.ts";
import { AdminError } from "./admin_error.ts";
import type { AdminParts, HandlerParts } from "./admin_parts.ts";
import {
  type AdminThread,
  type StartThread,
  startThread,
} from "./admin_thread.ts";
import type { Trust } from "../certificates/automatic_certificate.ts";
import type { AdminCertificate, PemPair } from "./admin_certificate.ts";
import { answerQuestion } from "./answer_questions.ts";
import { LogTail } from "../status/log_tail.ts";
import { LogFeed } from "./log_feed.ts";
import { RecentEnds } from "../lists/clients/recent_ends.ts";
import type { Lists } from "../lists/lists.ts";

/** Between two messages of figures (ms). */
const SECOND = 1000;

/** Deaths of the thread within `MEMORY` after which it stays down. */
const MOST_DEATHS = 5;
const MEMORY = 600_000;

/** Wait before the first new start (ms); each later one doubles it. */
const WAIT = 1000;

const FIGURES = workOf("admin");

/** Where the admin page is, for the report of the start. */
export interface AdminAddress {
  /** As in the settings. */
  readonly bind: string;
  /** The real one, where 0 was asked for. */
  readonly port: number;
  /** Whether it is served with TLS. */
  readonly isTls: boolean;
  /** The first user, where this start has made it; null for none. */
  readonly first: {
    /** Its name. */
    readonly user: string;
    /** Secret; no file has it. */
    readonly password: string;
    /** Secret of the link that logs in once. */
    readonly link: string;
  } | null;
}

/** A configuration that waits for the thread's answer. */
interface Configuring {
  readonly id: string;
  readonly wanted: AdminConfiguration;
  readonly resolve: (listening: AdminListening) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The broker's end of the admin page: starts the thread that serves it, sends it
 * the figures once a second, and answers its questions. A thread that dies is
 * started again, five times in ten minutes at most; the broker goes on.
 */
export class AdminPart {
  readonly #parts: HandlerParts;
  readonly #start: StartThread;
  readonly #logs: LogFeed;
  /** Keeps the figures of the page; null while it is off. */
  #recorder: Recorder | null = null;
  #thread: AdminThread | null = null;
  /** Counts threads, so that the last words of a former one do not count. */
  #run = 0;
  #configuration: AdminConfiguration | null = null;
  #configuring: Configuring | null = null;
  #certificate: AdminCertificate | null = null;
  /** Users that no file has, for a thread after this one. */
  #users: string | null = null;
  #next = 1;
  #channels: ReadonlySet<string> = new Set();
  #ticking: Cancel | null = null;
  #restarting: Cancel | null = null;
  #deaths: number[] = [];
  readonly #ends = new RecentEnds();
  #lists: Lists | null = null;
  /** Where the page is; null before it is served. */
  address: AdminAddress | null = null;

  /** The file by which clients trust its certificate; null where none does. */
  get trust(): Trust | null {
    return this.#certificate?.trust ?? null;
  }

  /** Starts nothing yet. `start` starts the thread. */
  constructor(parts: AdminParts, start: StartThread = startThread) {
    this.#parts = {
      ...parts,
      logTail: new LogTail(parts.log),
      push: (channel, body) => this.#push(channel, body),
      isRead: (channel) => this.#channels.has(channel),
      lists: () => this.#openLists(),
    };
    this.#start = start;
    this.#logs = new LogFeed(this.#parts);
  }

  /**
   * Serves the page as `settings` say; resolves when it does. The next call
   * changes address and rights. Rejects with `AdminError`; then all is as before.
   */
  async serve(settings: Settings): Promise<void> {
    const { admin } = settings;
    const certificate = admin.tls ? await this.#load(settings) : null;
    const wanted: AdminConfiguration = {
      bind: admin.bind,
      port: admin.port,
      tls: certificate?.pair ?? null,
      hostNames: admin.host_names,
      metrics: admin.metrics,
      metricNames: admin.metric_names,
      file: adminPath(settings, Deno.env.toObject()),
      users: null,
    };
    this.#deaths = [];
    try {
      await this.#configure(wanted);
    } catch (error) {
      certificate?.close();
      if (this.#configuration === null) this.stop();
      throw error;
    }
    this.#configuration = wanted;
    this.#certificate?.close();
    this.#certificate = certificate;
    this.#parts.connections.onEnd = ({ clientId, hostname }, { reason }) => {
      const at = this.#parts.clock.now();
      this.#ends.note(clientId!, { at, reason, address: hostname });
    };
    // A page of the log that began with its first reader would be empty.
    this.#parts.logTail.begin();
    if (this.#recorder !== null) return;
    const recorder = await this.#parts.figures.hold();
    if (this.#configuration === null) return this.#parts.figures.release();
    this.#recorder = recorder;
    this.#tick();
  }

  async #load(settings: Settings): Promise<AdminCertificate> {
    const { AdminCertificate } = await import("./admin_certificate.ts");
    const { clock, log } = this.#parts;
    const onChange = (tls: PemPair) => void this.#show(tls);
    return await AdminCertificate.load(settings, { clock, log, onChange });
  }

  /** Shows another certificate from the next handshake on. */
  async #show(tls: PemPair): Promise<void> {
    if (this.#configuration === null) return;
    this.#configuration = { ...this.#configuration, tls };
    // A thread that is down starts with it; one that is configured has it then.
    if (this.#thread === null || this.#configuring !== null) return;
    try {
      await this.#configure(this.#configuration);
    } catch (error) {
      const { log } = this.#parts;
      log.trouble("admin", error as Error, "admin-failed", "admin");
    }
  }

  /** Ends the thread. */
  stop(): void {
    this.#certificate?.close();
    this.#certificate = null;
    this.#run++;
    this.#restarting?.();
    this.#restarting = null;
    this.#ticking?.();
    this.#ticking = null;
    if (this.#recorder !== null) this.#parts.figures.release();
    this.#recorder = null;
    this.#thread?.end();
    this.#thread = null;
    this.#configuration = null;
    this.address = null;
    this.#read([]);
    this.#parts.logTail.stop();
    this.#parts.connections.onEnd = null;
    this.#lists?.stop();
    this.#lists = null;
    this.#configuring?.reject(new Error("the broker stops"));
  }

  async #openLists(): Promise<Lists> {
    const { Lists } = await import("../lists/lists.ts");
    const { registry, clock, listeners } = this.#parts;
    return this.#lists ??= new Lists({
      registry,
      clock,
      ends: this.#ends,
      typeOf: (name) =>
        listeners().find((one) => one.name === name)?.type ?? null,
    });
  }

  /** Starts the thread where it does not run, and configures it. */
  async #configure(wanted: AdminConfiguration): Promise<void> {
    this.#restarting?.();
    this.#restarting = null;
    if (this.#thread === null) await this.#begin();
    const id = String(this.#next++);
    const { promise, resolve, reject } = Promise.withResolvers<
      AdminListening
    >();
    this.#configuring = { id, wanted, resolve, reject };
    const whole = { ...wanted, users: this.#users };
    this.#thread!.post(pack(["configure", id], whole));
    try {
      const listening = await promise;
      const isTls = wanted.tls !== null;
      this.address = { ...listening, isTls };
    } finally {
      this.#configuring = null;
    }
  }

  async #begin(): Promise<void> {
    const run = ++this.#run;
    const thread = await this.#start({
      onMessage: (text) => {
        if (run === this.#run) this.#receive(text);
      },
      onDeath: (message) => {
        if (run === this.#run) this.#died(message);
      },
    });
    if (run === this.#run) this.#thread = thread;
    else {
      thread.end();
      throw new Error("the broker stops");
    }
  }

  /** Sends the figures, now and every second. */
  #tick(): void {
    const { clock, registry: { context } } = this.#parts;
    this.#ticking = clock.after(SECOND, () => this.#tick());
    context.faults.survive("the admin page shows older figures", () => {
      context.turn.begin(FIGURES, true);
      const figures = this.#recorder!.read();
      this.#thread?.post(pack(["figures"], figures));
      context.turn.end();
    });
  }

  /** Notes which channels are read by event streams. */
  #read(channels: readonly string[]): void {
    this.#channels = new Set(channels);
    this.#logs.isRead = this.#channels.has("logs");
  }

  #push(channel: string, body: unknown): void {
    if (!this.#channels.has(channel)) return;
    this.#thread?.post(pack(["push", channel], body));
  }

  #receive(text: string): void {
    const { words: [kind, id, name], body } = unpack(text);
    switch (kind) {
      case "listening":
        if (id !== this.#configuring?.id) return;
        return this.#configuring.resolve(JSON.parse(body));
      case "failed":
        if (id !== this.#configuring?.id) return;
        return this.#configuring.reject(this.#failureOf(JSON.parse(body)));
      case "ask":
        return void this.#answer(id, name, body);
      case "note": {
        const { level, event, fields } = JSON.parse(body) as AdminNote;
        return this.#parts.log.event(level, event, fields);
      }
      case "users":
        this.#users = JSON.parse(body);
        return;
      case "channels":
        this.#read(JSON.parse(body) as string[]);
    }
  }

  async #answer(id: string, name: string, body: string): Promise<void> {
    const run = this.#run;
    const answer = await answerQuestion(id, name, body, this.#parts);
    if (run === this.#run) this.#thread?.post(answer);
  }

  #failureOf({ name, code, message }: AdminFailure): AdminError {
    if (code === "admin-file-invalid") return new AdminError(code, message);
    const { bind, port } = this.#configuring!.wanted;
    // The class of the system's error does not cross threads.
    const classes = Deno.errors as unknown as Record<string, typeof Error>;
    const Known = Object.hasOwn(classes, name) ? classes[name] : Error;
    const cause = new Known(message);
    const { code: failure, message: text } = ListenError.of(bind, port, cause);
    return new AdminError(failure, text, cause);
  }

  /** Starts the thread again after a while, unless it died too often. */
  #died(message: string): void {
    const { clock, log } = this.#parts;
    const now = clock.now();
    this.#run++;
    this.#thread = null;
    this.#read([]);
    this.#deaths = this.#deaths.filter((at) => now - at < MEMORY);
    this.#deaths.push(now);
    this.#configuring?.reject(new AdminError("admin-failed", message));
    if (this.#configuration === null) return;
    const count = this.#deaths.length;
    const isLast = count > MOST_DEATHS;
    const wait = WAIT * 2 ** (count - 1);
    const next = isLast
      ? "it stays down until its settings change or the broker restarts"
      : `it starts again in ${wait / 1000} s`;
    const text = `the thread of the admin page ended: ${message}; ${next}`;
    log.trouble("admin", new Error(text), "admin-failed", "admin");
    if (!isLast) this.#restarting = clock.after(wait, () => this.#restart());
  }

  /** Starts the thread with the configuration in force, at the same port. */
  async #restart(): Promise<void> {
    this.#restarting = null;
    const { port } = this.address!;
    const wanted = { ...this.#configuration!, port };
    try {
      await this.#configure(wanted);
      this.#parts.log.event("info", "admin-restored", {
        text: "the admin page is served again",
      });
    } catch (error) {
      // A death has been noted; a page that cannot be served counts as one.
      if (this.#thread === null) return;
      this.#thread.end();
      this.#died((error as Error).message);
    }
  }
}
