/**
 * Opens connections and says nothing on them, in a process of its own, so
 * that their descriptors do not count for the tests'. Arguments: port, number.
 * Prints a line once all are open, and keeps them until standard input ends.
 */
const [port, count] = Deno.args.map(Number);

/** Connections being opened at the same time. */
const AT_ONCE = 64;

const conns: Deno.Conn[] = [];
async function open(): Promise<void> {
  while (conns.length < count) {
    // Counted before it is there: others must not open too many.
    const at = conns.push(undefined as unknown as Deno.Conn) - 1;
    conns[at] = await Deno.connect({ hostname: "127.0.0.1", port });
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, open));
console.log("open");
for await (const _ of Deno.stdin.readable);
Deno.exit(0);
