/** An MQTT version as the configuration names it. */
export type VersionName = "3.1" | "3.1.1" | "5.0";

/** Protocol of a listener: MQTT or WebSocket, each with TLS or without. */
export type ListenerType = "tcp" | "tls" | "websocket" | "wss" | "unix";

/** Client certificates that a listener requests and accepts. */
export type ClientCertificateMode =
  | "off"
  | "optional"
  | "required"
  | "authorized"
  | "authorized-any-issuer";

/** Part of a client certificate that becomes the user name. */
export type UsernameSource =
  | "none"
  | "cn"
  | "san-dns"
  | "san-email"
  | "fingerprint"
  | "subject";

/** A certificate and its key, as PEM files. */
export interface CertificateFiles {
  /** The chain, its own certificate first. */
  readonly cert: string;
  /** PKCS#8, PKCS#1 or SEC1; may be encrypted. */
  readonly key: string;
  /** For an encrypted key; empty when there is none. */
  readonly key_password: string;
  /** A file that holds the password instead; empty when there is none. */
  readonly key_password_file: string;
}

/**
 * One address the broker listens on. Limits that the configuration leaves out
 * here are already filled in from `limits`, `session`, `protocol`, `retained`.
 */
export interface ListenerSettings extends CertificateFiles {
  /** Unique among the listeners; told in logs and in the ready file. */
  readonly name: string;
  /** Protocol of its clients. */
  readonly type: ListenerType;
  /** IP address or host name. `0.0.0.0`: all of IPv4, `::`: IPv6 and IPv4. */
  readonly bind: string;
  /** 0..65535; 0 asks the system for a free one. */
  readonly port: number;
  /** True if the listener waits for an address that does not exist yet. */
  readonly retry: boolean;
  /** Unix only: the socket's file. */
  readonly socket: string;
  /** Unix only: the file's mode, as `chmod` takes it. */
  readonly socket_mode: number;
  /** WebSocket only: the HTTP path that is upgraded, or `*` for any. */
  readonly path: string;
  /** WebSocket only: accepted `Origin` headers; empty accepts all. */
  readonly allowed_origins: readonly string[];
  /** True if the first bytes select TLS, plain MQTT or WebSocket. */
  readonly one_port: boolean;
  /** TLS only: further certificates, chosen by the name a client asks for. */
  readonly certificate: readonly CertificateFiles[];
  /** TLS only: the oldest version spoken. */
  readonly min_tls: "1.2" | "1.3";
  /** TLS only: client certificates that it requests and accepts. */
  readonly client_certificates: ClientCertificateMode;
  /** TLS only: PEM files of the authorities that issue client certificates. */
  readonly ca: readonly string[];
  /** TLS only: whether those that the system trusts may issue them, too. */
  readonly trust_system_roots: boolean;
  /** TLS only: whether an unknown certificate is put on the list as pending. */
  readonly remember_unknown: boolean;
  /** TLS only: what of a client's certificate becomes its user name. */
  readonly username_from: UsernameSource;
  /** TLS only: files of revocation lists, PEM or DER. */
  readonly crl: readonly string[];
  /** TLS only: what a revocation list that is out of date does. */
  readonly crl_expired: "warn" | "refuse";
  /** Effect of a certificate whose issuer has no revocation list. */
  readonly crl_missing: "accept" | "refuse";
  /** Milliseconds that PROXY header, TLS and WebSocket may take together. */
  readonly handshake_timeout: number;
  /** Connections that may be in their beginnings at a time, at least 1. */
  readonly max_handshakes: number;
  /** Networks whose word about a client's address is taken, in CIDR. */
  readonly trusted_proxies: readonly string[];
  /** True if trusted proxies must send a PROXY protocol header. */
  readonly proxy_protocol: boolean;
  /** TLS that the client must have used with the proxy, by that header. */
  readonly proxy_client_tls: "off" | "tls" | "certificate";
  /** True if that header must have a certificate's name: the user name. */
  readonly proxy_username: boolean;
  /** Networks that may connect, in CIDR; empty allows all. */
  readonly allowed_networks: readonly string[];
  /** A prefix added to every topic on this listener; clients never see it. */
  readonly mount_point: string;
  /** Protocol versions accepted; at least one. */
  readonly versions: readonly VersionName[];
  /** Source of the client id: CONNECT, or the user name of the client. */
  readonly client_id: "connect" | "username";
  /** True if the broker assigns a client id to a CONNECT without one. */
  readonly assign_client_id: boolean;
  /** A client id must begin with one of these; empty accepts any. */
  readonly client_id_prefixes: readonly string[];
  /** True if clients without a user name may connect. */
  readonly allow_anonymous: boolean;
  /** Connections through this listener; 0 sets no bound of its own. */
  readonly max_connections: number;
  /** Bytes of a whole packet, header included, that a client may send. */
  readonly max_packet_size: number;
  /** Seconds, 0..65535; 0 leaves the keep alive to the client. */
  readonly max_keep_alive: number;
  /** Highest QoS a client may publish with here. */
  readonly max_qos: 0 | 1 | 2;
  /** True if clients may publish retained messages here. */
  readonly retain_available: boolean;
  /** 1..65535 unacknowledged QoS 1 and 2 messages a client may send. */
  readonly receive_maximum: number;
  /** 0..65535 topic aliases a client may set. */
  readonly topic_alias_maximum: number;
  /** Milliseconds in which a connection must complete its CONNECT. */
  readonly connect_timeout: number;
}

/** Returns whether a listener speaks TLS. */
export function hasTls({ type }: ListenerSettings): boolean {
  return type === "tls" || type === "wss";
}
