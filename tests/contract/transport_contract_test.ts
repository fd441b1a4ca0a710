import { SystemClock } from "../../src/clock/mod.ts";
import {
  type ByteStream,
  type Listener,
  listenTcp,
  listenWebSocket,
  MemoryListener,
  WebSocketListener,
} from "../../src/transport/mod.ts";
import { type Ends, transportContract } from "./transport_contract.ts";
import { TestWebSocketClient } from "./transport_contract_websocket_client.ts";

const clock = new SystemClock();
/** Loopback TCP takes a few MiB before it holds a writer. */
const beyondTcp = 16 << 20;
const beyondMemory = 400_000;

function fail(error: Error): never {
  throw error;
}

function firstOf(listener: Listener): Promise<ByteStream> {
  return new Promise((resolve) => {
    listener.serve(({ stream }) => resolve(stream));
  });
}

transportContract("memory", async () => {
  const listener = new MemoryListener();
  const far = listener.connect();
  const near = await firstOf(listener);
  return {
    near,
    far,
    beyondBuffers: beyondMemory,
    endFar: () => far.closeWrite(),
    abortFar: () => far.abort(),
    dispose: () => listener.close(),
  };
});

transportContract("tcp", async () => {
  const bind = "127.0.0.1";
  const listener = listenTcp({ bind, port: 0, clock, onError: fail });
  const accepted = firstOf(listener);
  const far = await Deno.connect(listener.address);
  return {
    near: await accepted,
    far,
    beyondBuffers: beyondTcp,
    endFar: () => far.closeWrite(),
    abortFar: () => far.close(),
    dispose: () => listener.close(),
  };
});

async function webSocketEnds(
  listener: Listener,
  raw: ByteStream,
  beyondBuffers: number,
): Promise<Ends> {
  const accepted = firstOf(listener);
  const far = await TestWebSocketClient.open(raw);
  return {
    near: await accepted,
    far,
    beyondBuffers,
    endFar: () => far.end(),
    abortFar: () => far.close(),
    dispose: () => listener.close(),
  };
}

transportContract("websocket over memory", () => {
  const below = new MemoryListener();
  const listener = new WebSocketListener(below, { clock, onError: fail });
  return webSocketEnds(listener, below.connect(), beyondMemory);
});

transportContract("websocket over tcp", async () => {
  const bind = "127.0.0.1";
  const listener = listenWebSocket({ bind, port: 0, clock, onError: fail });
  const raw = await Deno.connect(listener.address);
  raw.setNoDelay(true);
  return webSocketEnds(listener, raw, beyondTcp);
});
