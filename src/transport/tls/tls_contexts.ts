import { createSecureContext, type SecureContext } from "node:tls";
import type { TlsIdentity, TlsOptions } from "../streams/tls_ports.ts";

/** The context of a handshake. */
export interface TlsContext {
  readonly authorities: readonly string[];
  readonly context: SecureContext;
}

/**
 * Contexts of TLS, one for each identity: parsing keys and certificates costs
 * more than a handshake. A context is dropped with its identity.
 */
export class TlsContexts {
  readonly #options: TlsOptions;
  readonly #made = new WeakMap<TlsIdentity, TlsContext>();

  constructor(options: TlsOptions) {
    this.#options = options;
  }

  /** Returns the context for this server name; throws without a certificate. */
  for(serverName: string): TlsContext {
    const identity = this.#options.keys.choose(
      serverName === "" ? null : serverName,
    );
    const authorities = this.#options.authorities();
    const made = this.#made.get(identity);
    if (made?.authorities === authorities) return made;
    const { cert, key } = identity;
    const context = createSecureContext({
      ...{ cert, key, ca: [...authorities] },
      minVersion: `TLSv${this.#options.minVersion}`,
    });
    const fresh = { authorities, context };
    this.#made.set(identity, fresh);
    return fresh;
  }
}
