/** What a numbered statement of a specification asks, and whom it binds. */
export interface Statement {
  /** As in the specification's appendix B, without `MQTT-`. */
  readonly id: string;
  readonly binds: "server" | "client" | "both";
  /** In our own words; the specification's text decides. */
  readonly summary: string;
  /** Why no test can be made of it on a broker; absent when there is one. */
  readonly untestable?: string;
}

/** The reason most often given. */
export const CLIENT_ONLY = "binds the client only";

/** A statement that binds the server. */
export function server(
  id: string,
  summary: string,
  untestable?: string,
): Statement {
  return { id, binds: "server", summary, untestable };
}

/** A statement that binds the client; with a test where a server must react. */
export function client(
  id: string,
  summary: string,
  untestable?: string,
): Statement {
  return { id, binds: "client", summary, untestable };
}

/** A statement that binds both sides. */
export function both(
  id: string,
  summary: string,
  untestable?: string,
): Statement {
  return { id, binds: "both", summary, untestable };
}
