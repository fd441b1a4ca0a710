import { run } from "./src/cli/mod.ts";

// Sockets that linger must not keep a process that has nothing left to do.
Deno.exit(await run(Deno.args));
