/** An event of the log, as `GET api/v1/logs` has it. */
export interface LogEvent {
  readonly id: number;
  readonly category: string;
  /** ISO 8601. */
  readonly time: string;
  readonly level: string;
  readonly event: string;
  /** Fields of the event. */
  readonly [field: string]: unknown;
}

/** One message of the stream. */
export interface LogMessage {
  readonly events: readonly LogEvent[];
  /** Events that were lost on the way. */
  readonly missed: number;
}

/** Lines that the page keeps. */
export const MOST_LINES = 1000;

/** Returns the lines with those of a message; the oldest ones go. */
export function withMessage(
  lines: readonly LogEvent[],
  { events }: LogMessage,
): readonly LogEvent[] {
  return [...lines, ...events].slice(-MOST_LINES);
}

/** Returns the fields of an event as `name=value`. */
export function fieldsOf(event: LogEvent): string {
  const { id: _, category: _c, time: _t, level: _l, event: _e, ...rest } =
    event;
  return Object.entries(rest)
    .map(([name, value]) =>
      `${name}=${typeof value === "string" ? value : JSON.stringify(value)}`
    )
    .join("  ");
}
