/** Signals that ask a process to end, and the exit code each one stands for. */
const codes = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Resolves to the first SIGINT or SIGTERM that comes. From then on a second one ends the
 * process at once, with 128 and the signal's number as its exit code.
 */
export function untilStopSignal(): Promise<Deno.Signal> {
  return new Promise((resolve) => {
    let isStopping = false;
    for (const signal of ["SIGINT", "SIGTERM"] as const) {
      Deno.addSignalListener(signal, () => {
        if (isStopping) Deno.exit(codes[signal]);
        isStopping = true;
        resolve(signal);
      });
    }
  });
}
