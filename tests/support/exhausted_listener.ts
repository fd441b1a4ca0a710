// A TLS listener for a process of few file descriptors. Prints its port; for
// each byte that it reads ten seconds pass, and it prints what it was told.
import { openListener } from "./listening.ts";
import { settle } from "./settle.ts";
import { makeTlsPems } from "./tls_pems.ts";
import { ManualClock } from "./manual_clock.ts";

// As in the broker, an error of the runtime without descriptors ends nothing.
for (const kind of ["unhandledrejection", "error"]) {
  addEventListener(kind, (event) => event.preventDefault());
}

// The broker has listeners from its start, too. The runtime prepares signals at
// their first need, and ends where it has no descriptors then.
Deno.addSignalListener("SIGUSR2", () => {});

const pems = await makeTlsPems();
const clock = new ManualClock(Date.now());
const choose = () => pems.server;
const opened = await openListener({ type: "tls" }, { choose, clock });
console.log(opened.listener.address.port);

for (const one = new Uint8Array(1); await Deno.stdin.read(one) !== null;) {
  for (const ms of [5_000, 2_000, 3_000]) {
    clock.advance(ms);
    for (let turn = 0; turn < 20; turn++) await settle();
  }
  const told = opened.troubles.splice(0).map(({ message }) => message);
  console.log(JSON.stringify(told));
}
Deno.exit(0);
