import { refuseDebugger } from "./refuse_debugger.ts";

/** Duty of the broker at a signal. */
export type SignalDuty = "stop" | "reload" | "save" | "report" | "ignore";

/**
 * Every signal that would end the process, but those that report a fault of it
 * (SIGABRT, SIGBUS, SIGTRAP, SIGSYS). Left to the system are also those that
 * suspend it, for job control, and those that do nothing by themselves; the
 * runtime ignores SIGPIPE.
 */
const DUTIES: Readonly<Partial<Record<Deno.Signal, SignalDuty>>> = {
  SIGINT: "stop",
  SIGTERM: "stop",
  SIGQUIT: "stop",
  // Windows: Ctrl+Break.
  SIGBREAK: "stop",
  // Timers, a power failure, a limit of CPU time: they ask for the end as well.
  SIGALRM: "stop",
  SIGVTALRM: "stop",
  SIGPROF: "stop",
  SIGIO: "stop",
  SIGSTKFLT: "stop",
  SIGPWR: "stop",
  SIGXCPU: "stop",
  SIGHUP: "reload",
  SIGUSR1: "save",
  SIGUSR2: "report",
  // The write that went beyond the limit of file sizes fails, as on a full disk.
  SIGXFSZ: "ignore",
};

/** A second one of these ends the process at once; it exits with 128 and this. */
const NUMBERS: Readonly<Partial<Record<Deno.Signal, number>>> = {
  SIGINT: 2,
  SIGQUIT: 3,
  SIGTERM: 15,
};

/** Receives the name of the signal. */
export type OnSignal = (signal: Deno.Signal) => void;

/** Reports that a signal has cut the stop short. */
export type LastWords = (signal: Deno.Signal) => Promise<void>;

/**
 * The signals that have come, for a program that is not ready for them yet:
 * each duty is kept until something takes it.
 */
export class Signals {
  readonly #exit: (code: number) => void;
  readonly #waiting = new Map<SignalDuty, Deno.Signal>();
  readonly #takers = new Map<SignalDuty, OnSignal>();
  #isStopping = false;
  #beforeExit: LastWords | null = null;

  /** `exit` ends the process at once. */
  constructor(exit: (code: number) => void) {
    this.#exit = exit;
  }

  /** Hands a signal to what takes its duty, now or later. */
  came(signal: Deno.Signal): void {
    const duty = DUTIES[signal] ?? "ignore";
    if (duty === "ignore") return;
    if (duty === "stop" && this.#isStopping) {
      const number = NUMBERS[signal];
      if (number !== undefined) this.#end(signal, 128 + number);
      return;
    }
    if (duty === "stop") this.#isStopping = true;
    const taker = this.#takers.get(duty);
    if (taker === undefined) this.#waiting.set(duty, signal);
    else taker(signal);
  }

  #end(signal: Deno.Signal, code: number): void {
    const exit = () => this.#exit(code);
    const lastWords = this.#beforeExit;
    // One more signal does not wait for them.
    this.#beforeExit = null;
    if (lastWords === null) exit();
    else lastWords(signal).then(exit, exit);
  }

  /** Calls `lastWords` when a second signal ends the process, and waits for it. */
  beforeExit(lastWords: LastWords): void {
    this.#beforeExit = lastWords;
  }

  /** Calls `taker` at each signal of `duty`, and at once for one before. */
  take(duty: SignalDuty, taker: OnSignal): void {
    this.#takers.set(duty, taker);
    const signal = this.#waiting.get(duty);
    this.#waiting.delete(duty);
    if (signal !== undefined) taker(signal);
  }
}

/**
 * Listens for all signals that the broker handles, when `args` may start it;
 * the other commands end by a signal as any program does.
 */
export function hearSignals(args: readonly string[]): Signals {
  const signals = new Signals(Deno.exit);
  const [command = "serve"] = args;
  if (command !== "serve" && !command.startsWith("-")) return signals;
  for (const signal of Object.keys(DUTIES) as Deno.Signal[]) {
    // Windows tells of a console that is closed, and ends the process anyway.
    if (signal === "SIGHUP" && Deno.build.os === "windows") continue;
    try {
      Deno.addSignalListener(signal, () => {
        if (signal === "SIGUSR1") refuseDebugger();
        signals.came(signal);
      });
    } catch {
      // This system has no such signal.
    }
  }
  return signals;
}
