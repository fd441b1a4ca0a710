import type { Counters } from "../../session/mod.ts";
import { LoadAverage } from "./load_average.ts";

/** Names under `$SYS/broker/load/`, and the totals that they average. */
const LOADS: readonly [name: string, read: (counters: Counters) => number][] = [
  ["messages/received", (counters) => counters.packetsReceived],
  ["messages/sent", (counters) => counters.packetsSent],
  ["publish/received", (counters) => counters.publishReceived],
  ["publish/sent", (counters) => counters.publishSent],
  ["publish/dropped", (counters) => counters.droppedMessages],
  ["bytes/received", (counters) => counters.bytesReceived],
  ["bytes/sent", (counters) => counters.bytesSent],
  ["sockets", (counters) => counters.connectionsOpened],
  ["connections", (counters) => counters.connectsAccepted],
];

/** Averages a minute over 1, 5 and 15 minutes, as Mosquitto's `load/`. */
export class Loads {
  readonly #averages: LoadAverage[] = LOADS.map(() => new LoadAverage());

  /** Takes the totals, `seconds` above 0 after the last time. */
  update(counters: Counters, seconds: number): void {
    LOADS.forEach(([, read], index) => {
      this.#averages[index].update(read(counters), seconds);
    });
  }

  /** Returns the three averages of each name. */
  get values(): Record<string, readonly number[]> {
    const values: Record<string, readonly number[]> = {};
    LOADS.forEach(([name], index) => {
      values[name] = this.#averages[index].values;
    });
    return values;
  }
}
