import { join } from "node:path";
import {
  authorityPath,
  certificateListPath,
  type Settings,
} from "../../config/mod.ts";
import type { AuthorityCall, AuthorityOptions } from "./authority_options.ts";
import { readSettings } from "../read_settings.ts";

/** IANA's port for MQTT over TLS. */
const USUAL_PORT = 8883;

/**
 * The authority that is meant: that of `--authority`, else that of the
 * settings. Rejects as `readSettings` does; with `--authority` these are not
 * read.
 */
export async function authorityTarget(
  options: AuthorityOptions,
  environment: Readonly<Record<string, string>>,
): Promise<Pick<AuthorityCall, "folder" | "list" | "port">> {
  const { authority } = options;
  if (authority !== undefined) {
    const list = join(authority, "certificates.json");
    return { folder: authority, list, port: USUAL_PORT };
  }
  const { settings } = await readSettings(options, environment);
  return {
    folder: authorityPath(settings, environment),
    list: certificateListPath(settings, environment),
    port: tlsPort(settings),
  };
}

/** The first port that speaks MQTT over TLS. */
function tlsPort({ listener }: Settings): number {
  const port = listener.find(({ type }) => type === "tls")?.port ?? 0;
  return port === 0 ? USUAL_PORT : port;
}
