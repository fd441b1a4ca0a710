import { createSecureContext, type SecureContext } from "node:tls";
import type { TlsIdentity, TlsOptions } from "../streams/tls_ports.ts";

/** What a handshake goes by. */
export interface TlsContext {
  readonly authorities: readonly string[];
  readonly context: SecureContext;
}

/**
 * What TLS needs of an identity, made once for each: reading keys and
 * certificates costs more than a handshake. It goes when the identity does.
 */
export class TlsContexts {
  readonly #options: TlsOptions;
  readonly #made = new WeakMap<TlsIdentity, TlsContext>();

  constructor(options: TlsOptions) {
    this.#options = options;
  }

  /** For a client that asks for this name; throws when there is none. */
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
