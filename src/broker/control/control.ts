import type { Clock } from "../../clock/mod.ts";
import type { Settings } from "../../config/mod.ts";
import type { Registry } from "../../session/mod.ts";
import {
  type ByteStream,
  type Listener,
  listenUnix,
} from "../../transport/mod.ts";
import type { KeptFigures } from "../figures/kept_figures.ts";
import type { BrokerState } from "../status/broker_state.ts";
import type { Traces } from "../trace/traces.ts";
import {
  type BrokerStatus,
  type ControlAnswer,
  type ControlRequest,
  type Health,
  readControlRequest,
} from "./control_request.ts";
import { explainDelivery, type LiveExplanation } from "./explain_delivery.ts";

/** Bytes of the longest request. */
const LONGEST = 64 * 1024;

/** Connections served at a time. */
const MOST = 4;

/** In which a request has to come and its answer to go (ms). */
const PATIENCE = 5000;

/** Time that the history goes on after the last question for a status (ms). */
const KEPT = 3600_000;
/** Requests with an answer of one line. */
type Question = Exclude<ControlRequest, { command: "trace" }>;

/** The result of a request, by its command. */
type Answer =
  | LiveExplanation
  | Settings
  | Health
  | BrokerState
  | BrokerStatus;

/** Ports of the control socket. */
export interface ControlParts {
  readonly registry: Registry;
  /** The settings in force. */
  readonly settings: () => Settings;
  /** Figures of the present state. */
  readonly state: () => BrokerState;
  /** Figures with history, for `status`. */
  readonly figures: KeptFigures;
  /** Loads the message traces. */
  readonly traces: () => Promise<Traces>;
  readonly clock: Clock;
  /** Told what fails; the broker goes on. */
  readonly onTrouble: (error: Error) => void;
}

/**
 * Answers questions about the broker that runs, to its own user alone: a
 * socket file, one line of JSON each way.
 */
export class Control {
  readonly #parts: ControlParts;
  readonly #listener: Listener;
  /** The streams that ask, and wait for their answer. */
  readonly #streams = new Set<ByteStream>();
  /** The streams that read a trace, until its last line is written. */
  readonly #traces = new Map<ByteStream, Promise<void>>();

  private constructor(listener: Listener, parts: ControlParts) {
    this.#listener = listener;
    this.#parts = parts;
  }

  /** Listens on the file `path`; rejects as `listenUnix` does. */
  static async open(path: string, parts: ControlParts): Promise<Control> {
    const { clock, onTrouble } = parts;
    const options = { path, mode: 0o600, clock, onError: onTrouble };
    const control = new Control(await listenUnix(options), parts);
    control.#listener.serve(({ stream }) => control.#answer(stream));
    return control;
  }

  /**
   * Stops answering, and removes the file. Resolves once the traces, which must
   * have ended, are read to their end, or after two seconds.
   */
  async close(): Promise<void> {
    this.#listener.close();
    for (const stream of this.#streams) this.#end(stream);
    await Promise.allSettled(this.#traces.values());
  }

  async #answer(stream: ByteStream): Promise<void> {
    this.#streams.add(stream);
    if (this.#streams.size > MOST) return this.#end(stream);
    const cancel = this.#parts.clock.after(PATIENCE, () => this.#end(stream));
    try {
      const line = await readLine(stream);
      if (line === null) return;
      const request = readControlRequest(line);
      if (typeof request === "object" && request.command === "trace") {
        cancel();
        // Others may ask meanwhile: a trace may take hours.
        this.#streams.delete(stream);
        const traced = this.#trace(stream, request.asked);
        this.#traces.set(stream, traced);
        return await traced;
      }
      const answer = await this.#judge(request);
      const bytes = new TextEncoder().encode(JSON.stringify(answer) + "\n");
      for (let at = 0; at < bytes.length;) {
        at += await stream.write(bytes.subarray(at));
      }
    } catch {
      // The caller has gone, or was too slow.
    } finally {
      cancel();
      this.#end(stream);
    }
  }

  async #trace(
    stream: ByteStream,
    asked: Readonly<Record<string, unknown>>,
  ): Promise<void> {
    const { traces, clock } = this.#parts;
    const { streamTrace } = await import("../trace/stream_trace.ts");
    await streamTrace(stream, asked, await traces(), clock);
  }

  async #judge(
    request: Question | string,
  ): Promise<ControlAnswer<Answer>> {
    const { registry, settings, state } = this.#parts;
    if (typeof request === "string") return { ok: false, error: request };
    if (request.command === "settings") {
      // Only now: it loads all of the runtime's cryptography for Node.
      const { withSecretDigests } = await import("./secret_digests.ts");
      return { ok: true, result: withSecretDigests(settings(), request.key) };
    }
    if (request.command === "state") return { ok: true, result: state() };
    if (request.command === "status") {
      const recorder = await this.#parts.figures.keep(KEPT);
      const history = request.history ? { history: recorder.history } : {};
      return { ok: true, result: { ...recorder.read(), ...history } };
    }
    const { loading, durability } = registry.context;
    if (request.command === "health") {
      return { ok: true, result: { loading, trouble: durability.trouble } };
    }
    if (loading) {
      return { ok: false, error: "the broker is still reading its store" };
    }
    return { ok: true, result: explainDelivery(registry, request.asked) };
  }

  #end(stream: ByteStream): void {
    // Closing twice may throw.
    const isOpen = this.#streams.delete(stream);
    if (this.#traces.delete(stream) || isOpen) stream.close();
  }
}

/** Returns the first line; null when none comes, or one that is too long. */
async function readLine(stream: ByteStream): Promise<string | null> {
  const bytes = new Uint8Array(LONGEST);
  for (let length = 0; length < LONGEST;) {
    const count = await stream.read(bytes.subarray(length));
    if (count === null) return null;
    const end = bytes.subarray(0, length + count).indexOf(0x0a, length);
    length += count;
    if (end >= 0) return new TextDecoder().decode(bytes.subarray(0, end));
  }
  return null;
}
