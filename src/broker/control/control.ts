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
import {
  type BrokerStatus,
  type ControlAnswer,
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
  readonly #streams = new Set<ByteStream>();

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

  /** Stops answering, and removes the file. */
  close(): void {
    this.#listener.close();
    for (const stream of this.#streams) this.#end(stream);
  }

  async #answer(stream: ByteStream): Promise<void> {
    this.#streams.add(stream);
    if (this.#streams.size > MOST) return this.#end(stream);
    const cancel = this.#parts.clock.after(PATIENCE, () => this.#end(stream));
    try {
      const line = await readLine(stream);
      if (line === null) return;
      const answer = await this.#judge(line);
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

  async #judge(
    line: string,
  ): Promise<ControlAnswer<Answer>> {
    const { registry, settings, state } = this.#parts;
    const request = readControlRequest(line);
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
    if (this.#streams.delete(stream)) stream.close();
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
