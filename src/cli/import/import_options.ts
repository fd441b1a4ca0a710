/** Options of `dunlin import`. */
export interface ImportOptions {
  /** File to write; standard output without it. */
  readonly out?: string;
  /** True if `out` may replace a file. */
  readonly force?: boolean;
}
