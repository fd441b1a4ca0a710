/** Opens the store it is given and keeps it, until it is killed. */
import { openStore } from "../../src/store/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { settings } from "./settings.ts";

await openStore(
  settings(Deno.args[0], "durable", { name: "the-holder" }),
  new ManualClock(),
);
console.log("held");
await new Promise((resolve) => setTimeout(resolve, 60_000));
