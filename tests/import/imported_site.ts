import { silentLog } from "../../src/broker/status/broker_log.ts";
import { Broker } from "../../src/broker/mod.ts";
import { SystemClock } from "../../src/clock/mod.ts";
import { loadSettings } from "../../src/config/mod.ts";
import { importConfig, type ImportedConfig } from "../../src/import/mod.ts";
import { CLIENT, SERVER, type Workshop } from "../support/workshop.ts";
import type { ImportedCase } from "./imported_configs.ts";
import type { Site } from "./visitors.ts";

const configs = new URL("./configs/", import.meta.url);

/** Lays a case's files into the workshop; its ports are free ones. */
export async function layOut(
  { name, speaks = {} }: ImportedCase,
  workshop: Workshop,
): Promise<Site & { readonly conf: string }> {
  const { folder } = workshop;
  const ports = freePorts(3);
  const put = async (file: string) => {
    const text = await Deno.readTextFile(new URL(file, configs));
    const filled = text.replaceAll("@DIR@", folder)
      .replace(/@PORT(\d)@/g, (_, index) => `${ports[Number(index)]}`);
    await Deno.writeTextFile(`${folder}/${file}`, filled, { mode: 0o600 });
  };
  await Deno.mkdir(`${folder}/debian.d`, { recursive: true });
  for (const sub of ["state", "kept", "www"]) {
    await Deno.mkdir(`${folder}/${sub}`, { recursive: true });
  }
  const shared = ["passwd", "acl", "inner_acl"];
  const included = ["01-network.conf", "02-users.conf", "notes.txt"];
  for (const file of [`${name}.conf`, ...shared]) await put(file);
  for (const file of included) await put(`debian.d/${file}`);
  return { folder, ports, speaks, conf: `${folder}/${name}.conf` };
}

/** The certificates that configurations name. */
export async function layOutCertificates(workshop: Workshop): Promise<void> {
  const ca = await workshop.authority("ca");
  await ca.issue("server", { extensions: SERVER });
  await ca.issue("alice", { extensions: CLIENT });
}

/** Ports that are free now. */
export function freePorts(count: number): number[] {
  const listeners = Array.from(
    { length: count },
    () => Deno.listen({ hostname: "127.0.0.1", port: 0 }),
  );
  return listeners.map((listener) => {
    listener.close();
    return listener.addr.port;
  });
}

/** What an imported configuration makes of a broker. */
export interface StartedImport extends AsyncDisposable {
  readonly imported: ImportedConfig;
  readonly site: Site;
  /** What failed. */
  readonly troubles: readonly string[];
}

/** Imports a configuration and starts a broker with the result. */
export async function startImported(
  site: Site & { readonly conf: string },
): Promise<StartedImport> {
  const imported = await importConfig(site.conf);
  const file = { name: "imported.toml", text: imported.toml };
  const read = await loadSettings({ file });
  const isUsual = read.listener[0].port === 1883;
  const settings = {
    ...read,
    // Who fails here fails on purpose.
    access: { ...read.access, login_delay: 0, max_failures: 0 },
    authority: { ...read.authority, path: `${site.folder}/authority` },
    // The usual port may be taken by another broker of this machine.
    listener: isUsual ? [{ ...read.listener[0], port: 0 }] : read.listener,
  };
  const troubles: string[] = [];
  const broker = new Broker(settings, {
    clock: new SystemClock(),
    log: {
      ...silentLog,
      failed: (_, error) => troubles.push(`failed: ${error}`),
      // Clients that are refused are told of here, too.
    },
  });
  const listeners = await broker.start();
  return {
    imported,
    site: isUsual ? { ...site, ports: [listeners[0].port] } : site,
    troubles,
    async [Symbol.asyncDispose]() {
      await broker.stop(1000);
    },
  };
}
