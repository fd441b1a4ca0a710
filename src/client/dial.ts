/** A stream to a broker. */
export type Dialled = Deno.TcpConn | Deno.TlsConn | Deno.UnixConn;

/** The address of a broker, as its URL has it. */
export interface BrokerAddress {
  /** Whether the stream is TLS. */
  readonly isTls: boolean;
  /** Host name or IP address, without brackets. */
  readonly hostname: string;
  /** TCP port. */
  readonly port: number;
  /** From the URL; null where absent. */
  readonly username: string | null;
  /** From the URL; null where absent. */
  readonly password: string | null;
}

/**
 * Reads `mqtt://user:password@host:port` or `mqtts://…`; a host alone is one of
 * `mqtt://`.
 *
 * @throws {RangeError} for another scheme, or no URL.
 */
export function readAddress(text: string): BrokerAddress {
  const url = URL.parse(text.includes("://") ? text : `mqtt://${text}`);
  const scheme = url?.protocol;
  if (url === null || (scheme !== "mqtt:" && scheme !== "mqtts:")) {
    throw new RangeError(
      `${text} is no address of a broker: give mqtt://HOST:PORT or ` +
        "mqtts://HOST:PORT (WebSocket is not supported here)",
    );
  }
  const isTls = scheme === "mqtts:";
  const said = (part: string) => part === "" ? null : decodeURIComponent(part);
  return {
    isTls,
    hostname: url.hostname.replace(/^\[|\]$/g, "") || "127.0.0.1",
    port: url.port === "" ? (isTls ? 8883 : 1883) : Number(url.port),
    username: said(url.username),
    password: said(url.password),
  };
}

/** Connects; with TLS the certificate must be of `authorities` or the system's. */
export async function dial(
  { isTls, hostname, port }: BrokerAddress,
  authorities: readonly string[],
): Promise<Dialled> {
  if (!isTls) {
    const conn = await Deno.connect({ hostname, port });
    conn.setNoDelay(true);
    return conn;
  }
  const caCerts = [...authorities];
  const conn = await Deno.connectTls({ hostname, port, caCerts });
  try {
    await conn.handshake();
    return conn;
  } catch (error) {
    conn.close();
    throw error;
  }
}
