import { openStore, type StorageMode } from "../../src/store/mod.ts";
import { LogStore } from "../../src/store/log/log_store.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { MemoryBlocks } from "../support/memory_blocks.ts";
import { MemoryStore } from "../support/memory_store.ts";
import { settings } from "../store/settings.ts";
import { type Kind, storeContract } from "./store_contract.ts";

storeContract("memory", { lasts: false, holds: false }, () =>
  Promise.resolve({
    open: () => Promise.resolve(new MemoryStore()),
    dispose: () => Promise.resolve(),
  }));

storeContract("log in memory", { lasts: true, holds: true }, () => {
  const blocks = new MemoryBlocks();
  return Promise.resolve({
    open: () =>
      Promise.resolve(
        new LogStore(blocks, new ManualClock(), {
          mode: "durable",
          flushInterval: 200,
        }),
      ),
    dispose: () => Promise.resolve(),
  });
});

const kinds: readonly [mode: StorageMode, kind: Kind][] = [
  ["buffered", { lasts: true, holds: false }],
  ["durable", { lasts: true, holds: true }],
  ["fault-tolerant", { lasts: true, holds: true }],
];

for (const [mode, kind] of kinds) {
  storeContract(`Deno KV, ${mode}`, kind, async () => {
    const folder = await Deno.makeTempDir();
    return {
      open: () =>
        openStore(settings(`${folder}/store.kv`, mode), new ManualClock()),
      dispose: () => Deno.remove(folder, { recursive: true }),
    };
  });
}
