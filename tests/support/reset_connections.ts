// Connects to a port of this machine and resets each connection at once, as
// health checks of load balancers do. Arguments: the port, and how many.
import { connect } from "node:net";

const [port, count] = Deno.args.map(Number);
for (let left = count; left > 0; left--) {
  await new Promise<void>((done) => {
    const socket = connect(port, "127.0.0.1", () => socket.resetAndDestroy());
    socket.on("error", () => {});
    socket.on("close", () => done());
  });
}
