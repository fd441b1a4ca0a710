/** What `deno info --json` tells of a module; the parts that are read here. */
interface ModuleInfo {
  readonly specifier: string;
  readonly dependencies?: readonly {
    readonly code?: { readonly specifier?: string };
    readonly isDynamic?: boolean;
  }[];
}

/** Resolves to all modules that `root` loads before its first line runs. */
export async function loadedBy(root: URL): Promise<Set<string>> {
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", root.href],
  }).output();
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as {
    modules: ModuleInfo[];
  };
  const known = new Map(modules.map((one) => [one.specifier, one]));
  const loaded = new Set<string>();
  const waiting = [root.href];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (loaded.has(next)) continue;
    loaded.add(next);
    for (const one of known.get(next)?.dependencies ?? []) {
      const specifier = one.code?.specifier;
      if (specifier !== undefined && !one.isDynamic) waiting.push(specifier);
    }
  }
  return loaded;
}
