/** What tells others where a broker can be reached. */
export interface Readiness {
  /** Process id. */
  readonly pid: number;
  /** Every listener, in the order of the settings, with its real port. */
  readonly listeners: readonly {
    readonly name: string;
    readonly type: string;
    readonly bind: string;
    readonly port: number;
  }[];
}

/**
 * Writes `readiness` as JSON. Whoever waits for `path` never sees half of it:
 * it is written beside and then renamed. Rejects when that is not possible.
 */
export async function writeReadyFile(
  path: string,
  readiness: Readiness,
): Promise<void> {
  const beside = `${path}.${readiness.pid}.tmp`;
  await Deno.writeTextFile(beside, JSON.stringify(readiness, null, 2) + "\n");
  try {
    await Deno.rename(beside, path);
  } catch (error) {
    await Deno.remove(beside).catch(() => {});
    throw error;
  }
}
