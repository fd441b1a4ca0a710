import { join, resolve } from "node:path";
import { authorityPath, certificateListPath } from "../../config/mod.ts";
import type { Output } from "../console/output.ts";
import { readSettings } from "../settings/read_settings.ts";
import { meantBroker } from "../running/meant_broker.ts";
import { tlsPort, USUAL_TLS_PORT } from "../settings/tls_port.ts";
import type { AuthorityCall, AuthorityOptions } from "./authority_options.ts";

/**
 * Returns the authority that is meant: that of `--authority`, else that of the
 * settings or, where the command names none, of the broker that runs. Says on
 * `output.err` which one it found on its own. Rejects as `readSettings` does.
 */
export async function authorityTarget(
  options: AuthorityOptions,
  environment: Readonly<Record<string, string>>,
  output: Output,
): Promise<Pick<AuthorityCall, "folder" | "list" | "port">> {
  const { authority } = options;
  if (authority !== undefined) {
    const folder = resolve(authority);
    const list = join(folder, "certificates.json");
    return { folder, list, port: USUAL_TLS_PORT };
  }
  const { broker, say } = meantBroker(options, environment, output);
  const target = broker === null
    ? await ofSettings(options, environment)
    : { folder: broker.authority, list: broker.list, port: broker.tlsPort };
  say(`using the authority in ${target.folder}`);
  return target;
}

async function ofSettings(
  options: AuthorityOptions,
  environment: Readonly<Record<string, string>>,
) {
  const { settings } = await readSettings(options, environment);
  return {
    folder: authorityPath(settings, environment),
    list: certificateListPath(settings, environment),
    port: tlsPort(settings),
  };
}
