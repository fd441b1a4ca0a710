/** Options of `dunlin import`. */
export interface ImportOptions {
  /** File to write; standard output without it. */
  readonly out?: string;
  /** Whether `out` may be there already. */
  readonly force?: boolean;
}
