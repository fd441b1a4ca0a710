/** Bytes of state from which on the limit counts: smaller heaps do not exist. */
export const LEAST_HEAP = 16 * 1024 * 1024;

/**
 * Resolves to the bytes of V8's heap that the state of clients may take: half of
 * its limit. Connections and garbage take the rest.
 */
export async function stateHeap(): Promise<number> {
  const { getHeapStatistics } = await import("node:v8");
  return getHeapStatistics().heap_size_limit / 2;
}
