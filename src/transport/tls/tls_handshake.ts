import { Socket } from "node:net";
import type { Duplex } from "node:stream";
import {
  createSecureContext,
  type DetailedPeerCertificate,
  TLSSocket,
} from "node:tls";
import type { Clock } from "../../clock/mod.ts";
import type { ByteStream } from "../streams/byte_stream.ts";
import { NodeByteStream } from "../streams/node_stream.ts";
import { RefusedError } from "../streams/refusal.ts";
import { duplexOf } from "../streams/stream_duplex.ts";
import { TlsContexts } from "./tls_contexts.ts";
import type { PeerCertificate, TlsOptions } from "../streams/tls_ports.ts";
import { tlsFaultOf } from "./tls_fault.ts";

/** The result of a handshake. */
export interface TlsStarted {
  /** The stream within TLS. */
  readonly stream: ByteStream;
  /** Certificate of the client; null without one, or when not asked for. */
  readonly certificate: PeerCertificate | null;
  /** Server name of the client; missing without one. */
  readonly serverName?: string;
}

/** Used until the client's first message has named the server. */
const placeholder = createSecureContext({});

/** The server's side of TLS, shared by its connections. */
export class TlsServer {
  readonly #options: TlsOptions;
  readonly #clock: Clock;
  readonly #contexts: TlsContexts;

  /** `clock` bounds how long a farewell may take. */
  constructor(options: TlsOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
    this.#contexts = new TlsContexts(options);
  }

  /** As `start`, on a `ByteStream`. */
  startOver(stream: ByteStream): Promise<TlsStarted> {
    return this.start(duplexOf(stream));
  }

  /**
   * Runs the handshake on `below`, which belongs to the result; destroying it
   * ends the handshake. Destroys `below` and rejects with `RefusedError` when the
   * handshake fails.
   */
  start(below: Duplex): Promise<TlsStarted> {
    const { alpn, askClientCertificate } = this.#options;
    const socket = new TLSSocket(
      below as ConstructorParameters<typeof TLSSocket>[0],
      {
        isServer: true,
        secureContext: placeholder,
        requestCert: askClientCertificate,
        // The caller judges the certificate: it may be on a list.
        rejectUnauthorized: false,
        ALPNProtocols: [...alpn],
        SNICallback: (name, answer) => {
          try {
            answer(null, this.#contexts.for(name).context);
          } catch (error) {
            answer(error instanceof Error ? error : new Error(String(error)));
          }
        },
      },
    );
    const { _handle: handle } = socket as unknown as Handled;
    if (!(below instanceof Socket)) sendAlerts(handle, below);
    return new Promise((resolve, reject) => {
      const fail = (error: Error) => {
        socket.off("close", closed);
        // Not at once: the runtime may be within the call that failed, and
        // still uses the socket.
        setImmediate(() => {
          socket.destroy();
          below.destroy();
          setImmediate(release, handle);
        });
        const reason = reasonOf(error, alpn);
        const fault = tlsFaultOf(error.message);
        reject(new RefusedError("tls-handshake", reason, error, fault));
      };
      const closed = () => fail(new Error("the peer closed the connection"));
      below.on("error", fail);
      below.once("end", closed);
      socket.on("error", fail);
      socket.once("close", closed);
      // Only a reader gets "end"; before "secure" there is no data.
      socket.once("end", closed).resume();
      socket.once("secure", () => {
        try {
          const started = this.#started(socket);
          socket.off("error", fail).off("close", closed).off("end", closed);
          // The stream hears of errors below from `socket`.
          below.off("end", closed).off("error", fail).on("error", (error) => {
            socket.destroy(error);
          });
          socket.once("close", () => below.destroy());
          resolve(started);
        } catch (error) {
          fail(error as Error);
        }
      });
    });
  }

  #started(socket: TLSSocket): TlsStarted {
    const { askClientCertificate } = this.#options;
    const { servername } = socket as { servername?: string | null };
    return {
      stream: new NodeByteStream(socket, this.#clock),
      certificate: askClientCertificate ? certificateOf(socket) : null,
      ...(servername ? { serverName: servername } : {}),
    };
  }
}

/** The handle of a socket, which Node's own server uses without a public name. */
interface Handled {
  readonly _handle: {
    verifyError(): string | null | undefined;
    setHandle(handle: object): void;
    drainEncOut(): Uint8Array;
    onerror(error: Error): void;
  };
}

/** A record with the fatal alert protocol_version [RFC 8446 §6]. */
const PROTOCOL_VERSION = Uint8Array.of(21, 3, 3, 0, 2, 2, 70);

/**
 * Sends the alert of a failed handshake on a `ByteStream`. There the runtime
 * keeps the alert back, makes none before a ServerHello, and closes at once.
 */
function sendAlerts(handle: Handled["_handle"], below: Duplex): void {
  const { onerror } = handle;
  handle.onerror = function (error) {
    const alert = isTooOld(error) ? PROTOCOL_VERSION : handle.drainEncOut();
    if (alert.length > 0 && below.writable) below.write(alert);
    onerror.call(this, error);
  };
}

/** Returns whether client and listener have no TLS version in common. */
function isTooOld({ message }: Error): boolean {
  return message.includes("SupportedVersionsExtensionRequired");
}

/**
 * Unties a closed socket from its stream: the runtime keeps sockets that end
 * within their handshake, some 20 KiB each.
 */
function release(handle: Handled["_handle"]): void {
  handle.setHandle({});
}

/** Returns the certificate of the peer, or null. */
function certificateOf(socket: TLSSocket): PeerCertificate | null {
  const shown = socket.getPeerCertificate(true);
  // Without a certificate the runtime returns an empty object or undefined.
  if (!shown?.raw) return null;
  const chain: Uint8Array[] = [];
  let below: DetailedPeerCertificate = shown;
  // A root is its own issuer.
  for (
    let next = below.issuerCertificate;
    next && next !== below && chain.length < 16;
    next = below.issuerCertificate
  ) {
    if (next.raw) chain.push(new Uint8Array(next.raw));
    below = next;
  }
  const { _handle: handle } = socket as unknown as Handled;
  const fault = socket.isSessionReused() ? null : handle.verifyError() || null;
  const trustError = fault === null ? null : String(fault);
  return { der: new Uint8Array(shown.raw), chain, trustError };
}

/** Errors of the runtime for a client without a common choice, with the remedy. */
const NOTHING_IN_COMMON = [
  [
    "NoCipherSuitesInCommon",
    "no cipher suite in common: the client needs ECDHE with AES-GCM or " +
    "ChaCha20-Poly1305; one for RSA alone needs an RSA certificate in cert " +
    "and key",
  ],
  [
    "NoKxGroupsInCommon",
    "no key exchange in common: the client needs ECDHE with X25519, P-256 " +
    "or P-384",
  ],
  [
    "NoSignatureSchemesInCommon",
    "no signature in common: a client for RSA alone needs an RSA " +
    "certificate in cert and key",
  ],
] as const;

/** Returns a short reason: scanners make the runtime verbose. */
function reasonOf(error: Error, alpn: readonly string[]): string {
  const { message } = error;
  let what = message.replace(/^TLS accept error: /, "");
  if (message.includes("support any known protocol")) {
    what = `the client offers by ALPN none of ${alpn.join(", ")}`;
  } else if (isTooOld(error)) {
    what = "the client speaks TLS 1.2 at most, and min_tls asks for 1.3";
  } else {
    what = NOTHING_IN_COMMON.find(([word]) => message.includes(word))?.[1] ??
      what;
  }
  return `no TLS handshake: ${what}`;
}
