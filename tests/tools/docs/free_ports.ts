/** Returns settings whose listeners have free ports, the default one too. */
export function withFreePorts(settings: string): string {
  const tables = settings.split(/^(?=\[)/m);
  return tables.map((table) => {
    if (!/^\[\[listener\]\]/.test(table) || /^type = "unix"$/m.test(table)) {
      return table;
    }
    return /^port = \d+/m.test(table)
      ? table.replace(/^port = \d+/m, "port = 0")
      : table.replace(/^(.*\n)/, "$1port = 0\n");
  }).join("") + (settings.includes("[[listener]]") ? "" : LISTENER);
}

const LISTENER = "\n[[listener]]\nport = 0\n";
