import { hearSignals, run } from "./src/cli/mod.ts";

// Before all else: no signal finds the process without a handler.
const signals = hearSignals(Deno.args);

// Sockets that linger must not keep a process that has nothing left to do.
Deno.exit(await run(Deno.args, signals));
