/** Byte streams: how bytes come in and go out, whatever carries them. */
export type {
  Accepted,
  ByteStream,
  Listener,
  PeerAddress,
  ProxiedTls,
} from "./byte_stream.ts";
export type {
  PeerCertificate,
  TlsIdentity,
  TlsKeys,
  TlsOptions,
} from "./tls_ports.ts";
export { ListenError, type ListenFailure } from "./listen_error.ts";
export {
  type Acceptor,
  listenTcp,
  TcpListener,
  type TcpOptions,
} from "./tcp_listener.ts";
export {
  type MemoryOptions,
  memoryPair,
  type MemoryStream,
} from "./memory_stream.ts";
export { MemoryListener } from "./memory_listener.ts";
export {
  listenWebSocket,
  WebSocketListener,
  type WebSocketOptions,
} from "./websocket_listener.ts";
export {
  type UpgradeOptions,
  upgradeWebSocket,
} from "./websocket_handshake.ts";
export { type Foreign, foreignOf, type PeerFault } from "./foreign_protocol.ts";
export { HandshakeError } from "./handshake_error.ts";
export type { Refusal, RefusalReason } from "./refusal.ts";
export { RefusedError } from "./refusal.ts";
export type { ArrivalOptions } from "./arrivals.ts";
export { type Begin, BeginningListener } from "./beginning_listener.ts";
export { Beginning, type BeginningOptions, type Speech } from "./beginning.ts";
export type { ProxyDemands } from "./proxied.ts";
export { listenTls, loadTls } from "./load_tls.ts";
export type { TlsServer, TlsStarted } from "./tls_handshake.ts";
export type { TlsListener, TlsListenOptions } from "./tls_listener.ts";
export { listenUnix, UnixListener, type UnixOptions } from "./unix_listener.ts";
export type { AcceptOptions, Source } from "./accept_loop.ts";
