import type { Settings } from "../../config/mod.ts";

/** IANA's port for MQTT over TLS. */
export const USUAL_TLS_PORT = 8883;

/** Returns the first port that speaks MQTT over TLS; 8883 without one. */
export function tlsPort({ listener }: Settings): number {
  const port = listener.find(({ type }) => type === "tls")?.port ?? 0;
  return port === 0 ? USUAL_TLS_PORT : port;
}
