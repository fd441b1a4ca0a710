/** An option of `dunlin serve`. */
export interface OptionRow {
  readonly name: string;
  readonly short?: string;
  /** Name of the value in the help; absent for an option without one. */
  readonly value?: string;
  readonly doc: string;
  /** May be given more than once. */
  readonly repeats?: boolean;
}

/** The options of `serve`; the first reader and commander both follow it. */
export const serveOptionRows: readonly OptionRow[] = [
  {
    name: "config",
    short: "c",
    value: "FILE",
    doc: "configuration file (or DUNLIN_CONFIG); no other is read",
  },
  {
    name: "port",
    short: "p",
    value: "N",
    doc: "port of the first listener; 0 picks a free one",
  },
  {
    name: "bind",
    value: "ADDR",
    doc: "address of the first listener",
  },
  {
    name: "set",
    value: "KEY=VALUE",
    doc: "any setting, as limits.max_inflight=20; may be repeated",
    repeats: true,
  },
  {
    name: "admin",
    doc: "serve the admin page, at http://127.0.0.1:8088 by default",
  },
  {
    name: "ready-file",
    value: "PATH",
    doc:
      "file for process id and ports, as JSON, written once all listeners accept",
  },
  {
    name: "log-level",
    value: "LEVEL",
    doc: "error, warn, info or debug",
  },
];

/** Options of `dunlin serve`; names as commander makes them. */
export interface ServeOptions {
  readonly config?: string;
  readonly port?: string;
  readonly bind?: string;
  readonly set?: readonly string[];
  readonly admin?: boolean;
  readonly readyFile?: string;
  readonly logLevel?: string;
}
