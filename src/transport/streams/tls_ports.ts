/** A certificate and its key, both as PEM. */
export interface TlsIdentity {
  /** The chain, the certificate itself first. */
  readonly cert: string;
  /** PKCS#8, PKCS#1 or SEC1; not encrypted. */
  readonly key: string;
}

/** Chooses what a server shows of itself. */
export interface TlsKeys {
  /**
   * Asked at every handshake; null when the client names no server. The same
   * object means the same certificate: what is made from it is made once.
   * Throws when there is none to show; the handshake then fails.
   */
  choose(serverName: string | null): TlsIdentity;
}

/** How a listener speaks TLS. */
export interface TlsOptions {
  /** What it shows of itself. */
  readonly keys: TlsKeys;
  /** The oldest version it speaks. */
  readonly minVersion: "1.2" | "1.3";
  /** Protocols it offers by ALPN, as `mqtt` or `http/1.1`. */
  readonly alpn: readonly string[];
  /** Whether clients are asked for a certificate. None is refused for it. */
  readonly askClientCertificate: boolean;
  /**
   * PEM of the authorities that client certificates are verified by, and that
   * clients hear of. The same array means that nothing has changed.
   */
  authorities(): readonly string[];
}

/** The certificate that a peer showed, and whose key it holds. */
export interface PeerCertificate {
  /** The certificate, DER. */
  readonly der: Uint8Array;
  /** What the peer sent behind it, as far as it leads upwards, DER. */
  readonly chain: readonly Uint8Array[];
  /**
   * Why the runtime does not trust it, in a word as OpenSSL has them; null when
   * it does, and in a session that is resumed: there it verifies nothing.
   */
  readonly trustError: string | null;
}
