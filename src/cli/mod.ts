/** The command line of Dunlin. */
export { run } from "./run.ts";
export {
  hearSignals,
  type LastWords,
  type OnSignal,
  type SignalDuty,
  type Signals,
} from "./serve/signals.ts";
