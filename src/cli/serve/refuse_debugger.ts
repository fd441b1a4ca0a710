/** Address of the runtime's debugger. */
const ADDRESS = { hostname: "127.0.0.1", port: 9229 };

/** When to look whether the debugger is open all the same (ms). */
const LOOKS = [0, 1, 10, 100, 1000];

/** Holds the debugger's address; kept for the next signal. */
let holder: Deno.TcpListener | null = null;

/**
 * Keeps the debugger closed that `deno run` opens at SIGUSR1, whatever the
 * program does with that signal: any local user could run code in the broker
 * through it. The runtime finds its address in use, and writes that it failed.
 * Call it first of all in the signal's handler.
 */
export function refuseDebugger(): void {
  // An executable of `deno compile` opens none.
  if (Deno.build.standalone) return;
  keepClosed();
  for (const ms of LOOKS) Deno.unrefTimer(setTimeout(keepClosed, ms));
}

function keepClosed(): void {
  holdAddress();
  closeDebugger();
}

/** The system answers for it: nothing is accepted, and nothing is read. */
function holdAddress(): void {
  if (holder !== null) return;
  try {
    holder = Deno.listen(ADDRESS);
    holder.unref();
  } catch {
    // Another process has it, so the runtime cannot have it either.
  }
}

/** `node:inspector` is loaded here alone, as it costs more than a start. */
function closeDebugger(): void {
  const { process } = globalThis as unknown as {
    process: { getBuiltinModule(name: string): Inspector };
  };
  const inspector = process.getBuiltinModule("node:inspector");
  if (inspector.url() !== undefined) inspector.close();
}

/** The part of `node:inspector` that is used. */
interface Inspector {
  /** Returns where the debugger listens; undefined when it is closed. */
  url(): string | undefined;
  /** Closes it, and the sessions that it has. */
  close(): void;
}
