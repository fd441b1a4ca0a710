/** Signals that ask a process to end, and the exit code each one stands for. */
const codes = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Resolves at the first SIGINT or SIGTERM. From then on a second one ends the
 * process at once, with 128 and the signal's number as its exit code.
 */
export function untilStopSignal(): Promise<void> {
  return new Promise((resolve) => {
    let isStopping = false;
    for (const [signal, code] of Object.entries(codes)) {
      Deno.addSignalListener(signal as Deno.Signal, () => {
        if (isStopping) Deno.exit(code);
        isStopping = true;
        resolve();
      });
    }
  });
}
