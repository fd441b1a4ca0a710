import { type ConfigLine, placeOf, shownLine } from "../read/config_line.ts";
import type { TomlTable } from "./toml_table.ts";
import { lost, type Translation } from "./translation.ts";

/** A line that asked for something that is not there any more. */
export interface LostLine {
  /** Its place, as `mosquitto.conf:12`. */
  readonly place: string;
  /** The line, without what is secret. */
  readonly text: string;
  /** Its consequence and its replacement. */
  readonly why: string;
  /** True for a line about access whose result allows less. */
  readonly closes: boolean;
}

/** Writes down what became of each line, so that none is forgotten. */
export class Ledger {
  /** In the order in which they were looked at; no line is here twice. */
  readonly lost: LostLine[] = [];
  readonly #told = new Set<ConfigLine>();

  /** Enters into `table` what became of `line`. */
  enter(
    table: TomlTable,
    line: ConfigLine,
    became: Translation,
    closes = became.closes ?? false,
  ): void {
    const { settings, note, isLost } = became;
    const place = placeOf(line);
    settings.forEach(({ key, value }, index) => {
      table.set(key, value, place, index === 0 ? note : "");
    });
    // A line that applies to each listener appears once.
    if (isLost && this.#told.has(line)) return;
    if (settings.length === 0) {
      const what = isLost ? "No counterpart" : "Not needed";
      table.comment(`${place}: ${shownLine(line)}\n  ${what}: ${note}.`);
    }
    if (!isLost) return;
    this.#told.add(line);
    this.lost.push({ place, text: shownLine(line), why: note, closes });
  }

  /** The same for a line that has no counterpart. */
  lose(table: TomlTable, line: ConfigLine, why: string): void {
    this.enter(table, line, lost(why));
  }

  /** The same for a line about access; the result allows less than it did. */
  close(table: TomlTable, line: ConfigLine, why: string): void {
    this.enter(table, line, lost(why), true);
  }
}
