import type { ListenerSettings } from "../../src/config/mod.ts";
import type { ByteStream } from "../../src/transport/mod.ts";
import { openListener } from "../support/listening.ts";
import { makeTlsPems } from "../support/tls_pems.ts";
import {
  type Ends,
  transportContract,
  writeAll,
} from "./transport_contract.ts";
import { TestWebSocketClient } from "./transport_contract_websocket_client.ts";

const pems = await makeTlsPems();

/** Loopback TCP takes a few MiB before it holds a writer. */
const beyondBuffers = 16 << 20;

/** How a client comes to speak. */
interface Way {
  readonly tls?: boolean;
  readonly mutual?: boolean;
  readonly webSocket?: boolean;
  readonly proxied?: boolean;
}

const header = new TextEncoder().encode(
  "PROXY TCP4 192.0.2.7 192.0.2.1 4711 1883\r\n",
);

async function connect(
  address: Deno.ConnectOptions,
  way: Way,
): Promise<Deno.TcpConn | Deno.TlsConn> {
  const raw = await Deno.connect(address);
  raw.setNoDelay(true);
  if (way.proxied) await writeAll(raw, header);
  if (!way.tls) return raw;
  const tls = await Deno.startTls(raw, {
    hostname: "localhost",
    caCerts: [pems.ca],
    ...(way.mutual ? pems.client : {}),
  });
  await tls.handshake();
  return tls;
}

/** The contract for a listener with these settings, as a client comes to it. */
function secured(
  kind: string,
  said: Partial<ListenerSettings>,
  way: Way,
): void {
  transportContract(kind, async (): Promise<Ends> => {
    const opened = await openListener(said, {
      choose: () => pems.server,
      ca: [pems.ca],
    });
    const { hostname, port } = opened.listener.address;
    const raw = await connect({ hostname, port }, way);
    const client = way.webSocket ? await TestWebSocketClient.open(raw) : null;
    const far: ByteStream = client ?? raw;
    // Where the peer speaks first it must have spoken to be known.
    const hello = said.one_port && client === null;
    if (hello) await writeAll(far, new Uint8Array([0x10]));
    const { stream: near } = await opened.next();
    if (hello) await near.read(new Uint8Array(1));
    return {
      near,
      far,
      beyondBuffers,
      endFar: () => client === null ? raw.closeWrite() : client.end(),
      abortFar: () => far.close(),
      dispose: () => opened.listener.close(),
    };
  });
}

const proxied = {
  proxy_protocol: true,
  trusted_proxies: ["127.0.0.1"],
};

secured("tls", { type: "tls" }, { tls: true });
secured("mutual tls", { type: "tls", client_certificates: "required" }, {
  tls: true,
  mutual: true,
});
secured("proxied websocket", { type: "websocket", ...proxied }, {
  proxied: true,
  webSocket: true,
});
secured("wss", { type: "wss" }, { tls: true, webSocket: true });
secured("proxied tcp", { type: "tcp", ...proxied }, { proxied: true });
secured("proxied tls", { type: "tls", ...proxied }, {
  tls: true,
  proxied: true,
});
secured("one port: mqtt", { type: "tls", one_port: true }, {});
secured("one port: tls", { type: "tls", one_port: true }, { tls: true });
secured("one port: websocket", { type: "tls", one_port: true }, {
  webSocket: true,
});
secured("one port: wss", { type: "tls", one_port: true }, {
  tls: true,
  webSocket: true,
});

transportContract("unix", async (): Promise<Ends> => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-unix-" });
  const path = `${folder}/mqtt.sock`;
  const opened = await openListener({ type: "unix", socket: path });
  const far = await Deno.connect({ transport: "unix", path });
  const { stream: near } = await opened.next();
  return {
    near,
    far,
    beyondBuffers,
    endFar: () => far.closeWrite(),
    abortFar: () => far.close(),
    dispose: () => {
      opened.listener.close();
      Deno.removeSync(folder);
    },
  };
});
