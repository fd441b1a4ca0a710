/** Byte streams over TCP, TLS, WebSocket, socket files and memory. */
export type {
  Accepted,
  ByteStream,
  Listener,
  PeerAddress,
  ProxiedTls,
} from "./streams/byte_stream.ts";
export type {
  PeerCertificate,
  TlsIdentity,
  TlsKeys,
  TlsOptions,
} from "./streams/tls_ports.ts";
export { ListenError, type ListenFailure } from "./listeners/listen_error.ts";
export {
  type Acceptor,
  listenTcp,
  TcpListener,
  type TcpOptions,
} from "./listeners/tcp_listener.ts";
export {
  type MemoryOptions,
  memoryPair,
  type MemoryStream,
} from "./streams/memory_stream.ts";
export { MemoryListener } from "./streams/memory_listener.ts";
export {
  listenWebSocket,
  WebSocketListener,
  type WebSocketOptions,
} from "./listeners/websocket_listener.ts";
export {
  type UpgradeOptions,
  upgradeWebSocket,
} from "./websocket/websocket_handshake.ts";
export {
  type Foreign,
  type PeerFault,
  protocolOf,
} from "./streams/foreign_protocol.ts";
export { HandshakeError } from "./streams/handshake_error.ts";
export type { Refusal, RefusalReason } from "./streams/refusal.ts";
export { RefusedError } from "./streams/refusal.ts";
export type { ArrivalOptions } from "./listeners/arrivals.ts";
export {
  type Begin,
  BeginningListener,
} from "./listeners/beginning_listener.ts";
export {
  Beginning,
  type BeginningOptions,
  type Speech,
} from "./listeners/beginning.ts";
export type { ProxyDemands } from "./opening/proxied.ts";
export { listenTls, loadTls } from "./listeners/load_tls.ts";
export type { TlsServer, TlsStarted } from "./tls/tls_handshake.ts";
export type {
  TlsListener,
  TlsListenOptions,
} from "./listeners/tls_listener.ts";
export {
  listenUnix,
  UnixListener,
  type UnixOptions,
} from "./listeners/unix_listener.ts";
export type { AcceptOptions, Source } from "./listeners/accept_loop.ts";
