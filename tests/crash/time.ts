/** Milliseconds on the clock that all of a crash test is told by. */
export function now(): number {
  return performance.now();
}

/** Lets `ms` milliseconds go by: what a crash hits is a matter of real time. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Asks every few ms until `holds`, at most for `ms`; whether it did. */
export async function until(
  holds: () => boolean,
  ms: number,
): Promise<boolean> {
  const end = now() + ms;
  while (!holds()) {
    if (now() > end) return false;
    await pause(5);
  }
  return true;
}
