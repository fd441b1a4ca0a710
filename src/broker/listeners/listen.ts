import type { Clock } from "../../clock/mod.ts";
import { hasTls, type ListenerSettings } from "../../config/mod.ts";
import { Networks } from "../../network/mod.ts";
import {
  type Accepted,
  type ArrivalOptions,
  Beginning,
  BeginningListener,
  type Listener,
  listenTcp,
  listenTls,
  listenUnix,
  loadTls,
  type Refusal,
  type Speech,
  type TlsOptions,
} from "../../transport/mod.ts";
import type { TlsPorts } from "../certificates/certificates.ts";

/** Ports of listeners. */
export interface ListenPorts {
  /** Clock of deadlines. */
  readonly clock: Clock;
  /** Receives failures that end neither the listener nor the broker. */
  readonly onTrouble: (error: Error) => void;
  /** Receives each connection that was refused before MQTT. */
  readonly onRefused: (refusal: Refusal) => void;
  /** For listeners with TLS; rejects when there is nothing to show. */
  readonly tlsPorts: (settings: ListenerSettings) => Promise<TlsPorts>;
  /** As `BeginningOptions.certify`. @default accepts every client */
  readonly certify?: (accepted: Accepted) => Promise<void>;
}

/**
 * Opens the listener that the settings describe. Rejects with the transport's
 * `ListenError`, or as `ports.tlsPorts` does.
 */
export type Listen = (
  settings: ListenerSettings,
  ports: ListenPorts,
) => Promise<Listener>;

/** Listens at an address of this machine; see `Listen`. */
export async function listen(
  settings: ListenerSettings,
  ports: ListenPorts,
): Promise<Listener> {
  const { bind, port } = settings;
  const { clock, onTrouble: onError, onRefused } = ports;
  const arrivals: ArrivalOptions = {
    clock,
    handshakeTimeout: settings.handshake_timeout,
    maxHandshakes: settings.max_handshakes,
    onRefused,
  };
  if (settings.type === "unix") {
    const { socket: path, socket_mode: mode } = settings;
    return await listenUnix({ path, mode, clock, onError, onRefused });
  }
  const tls = hasTls(settings)
    ? tlsOptions(settings, await ports.tlsPorts(settings))
    : null;
  // On a port where only TLS is spoken it can stand on the system's sockets.
  if (tls !== null && !settings.one_port && !settings.proxy_protocol) {
    const way = beginning(settings, ports, null);
    const { admit, afterTls: begin, isProxy } = way;
    const own = { bind, port, tls, admit, begin, isProxy, onError };
    return await listenTls({ ...arrivals, ...own });
  }
  const server = tls === null ? null : await loadTls(tls, clock);
  const below = listenTcp({ bind, port, clock, onError, onRefused });
  if (isPlain(settings)) return below;
  const { fromWire, isProxy } = beginning(settings, ports, server);
  return new BeginningListener(below, fromWire, { ...arrivals, isProxy });
}

/** Returns whether the first byte of every connection is MQTT. */
function isPlain(settings: ListenerSettings): boolean {
  return settings.type === "tcp" && !settings.one_port &&
    !settings.proxy_protocol && settings.allowed_networks.length === 0;
}

function beginning(
  settings: ListenerSettings,
  { clock, certify = () => Promise.resolve() }: ListenPorts,
  tls: Awaited<ReturnType<typeof loadTls>> | null,
): Beginning {
  return new Beginning({
    speech: speechOf(settings),
    tls,
    proxyProtocol: settings.proxy_protocol,
    proxyDemands: {
      tls: settings.proxy_client_tls === "off"
        ? "none"
        : settings.proxy_client_tls,
      name: settings.proxy_username,
    },
    trustedProxies: new Networks(settings.trusted_proxies),
    allowedNetworks: new Networks(settings.allowed_networks),
    certify,
    upgrade: {
      path: settings.path,
      allowedOrigins: settings.allowed_origins,
      handshakeTimeout: settings.handshake_timeout,
      clock,
    },
  });
}

function speechOf({ type, one_port }: ListenerSettings): Speech {
  if (one_port) return "any";
  return type === "websocket" || type === "wss" ? "websocket" : "mqtt";
}

/** The registered name, and the one that AWS has its devices ask for. */
const MQTT_ALPN = ["mqtt", "x-amzn-mqtt-ca"];

function tlsOptions(settings: ListenerSettings, own: TlsPorts): TlsOptions {
  const mqtt = settings.one_port || settings.type === "tls" ? MQTT_ALPN : [];
  const http = settings.one_port || settings.type === "wss" ? ["http/1.1"] : [];
  return {
    ...own,
    minVersion: settings.min_tls,
    alpn: [...mqtt, ...http],
    askClientCertificate: settings.client_certificates !== "off",
  };
}
