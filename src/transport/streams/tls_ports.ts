/** A certificate and its key, both as PEM. */
export interface TlsIdentity {
  /** The chain, the certificate itself first. */
  readonly cert: string;
  /** PKCS#8, PKCS#1 or SEC1; not encrypted. */
  readonly key: string;
}

/** Chooses the certificate of a server. */
export interface TlsKeys {
  /**
   * Returns the identity for a handshake; null: the client names no server. The
   * same object means the same certificate: the caller parses it once. Throws
   * without a certificate; the handshake then fails.
   */
  choose(serverName: string | null): TlsIdentity;
}

/** TLS options of a listener. */
export interface TlsOptions {
  /** The certificates of the server. */
  readonly keys: TlsKeys;
  /** Oldest TLS version allowed. */
  readonly minVersion: "1.2" | "1.3";
  /** Protocols it offers by ALPN, as `mqtt` or `http/1.1`. */
  readonly alpn: readonly string[];
  /** Whether to ask clients for a certificate. Those without one are accepted. */
  readonly askClientCertificate: boolean;
  /**
   * Returns the authorities of client certificates as PEM; clients get their
   * names. The same array means that nothing has changed.
   */
  authorities(): readonly string[];
}

/** The certificate of a peer that proved to hold its key. */
export interface PeerCertificate {
  /** The certificate, DER. */
  readonly der: Uint8Array;
  /** Certificates that the peer sent behind it, up the path, DER. */
  readonly chain: readonly Uint8Array[];
  /**
   * Reason of the runtime not to trust it, as a word of OpenSSL; null when it
   * does, and in a resumed session, where the runtime verifies nothing.
   */
  readonly trustError: string | null;
}
