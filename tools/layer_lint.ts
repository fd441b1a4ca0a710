/**
 * A lint rule that keeps the house in order: a folder of `src/` imports only
 * from folders that stand below it, and only through their `mod.ts`.
 * `deno lint` runs it on every file.
 */

/** What each folder may import. `openToAll` are so to all of them. */
const below: Readonly<Record<string, readonly string[]>> = {
  clock: [],
  errors: [],
  network: [],
  files: [],
  mqtt: [],
  codec: ["mqtt"],
  trace: ["mqtt", "codec"],
  client: ["mqtt", "codec"],
  transport: [],
  store: ["mqtt", "files"],
  security: ["files", "mqtt"],
  router: ["mqtt", "store"],
  session: ["mqtt", "codec", "store", "security", "router", "transport"],
  config: ["files", "mqtt"],
  admin: ["files", "mqtt", "trace", "security", "config"],
  broker: [
    "files",
    "mqtt",
    "codec",
    "transport",
    "store",
    "security",
    "router",
    "session",
    "config",
    "admin",
    "trace",
  ],
  import: ["security"],
  cli: [
    "files",
    "mqtt",
    "codec",
    "trace",
    "client",
    "config",
    "store",
    "security",
    "import",
    "admin",
    "broker",
  ],
};

const openToAll = ["clock", "errors", "network"];

/**
 * The rooms of a folder, in their order: a file imports from its own room and
 * from those before it. Files beside `mod.ts` import from all.
 */
const rooms: Readonly<Record<string, readonly string[]>> = {
  codec: ["bytes", "packets", "listing"],
  transport: ["streams", "opening", "websocket", "tls", "listeners"],
  store: [
    "base",
    "files",
    "model",
    "notes",
    "records",
    "blocks",
    "space",
    "log",
    "kv",
    "copies",
    "opening",
  ],
  "security/authority": ["keys", "names", "list", "root", "issuing"],
  "security/certificates": ["der", "identity", "revocation", "path"],
  session: ["core", "output", "session", "connection", "connect", "packets"],
  router: [
    "levels",
    "subscribers",
    "filters",
    "matching",
    "retained",
    "reading",
  ],
  import: ["read", "toml", "rules", "listeners", "access"],
  config: ["text", "model", "fields", "read", "show", "change"],
  cli: [
    "console",
    "terminal",
    "settings",
    "running",
    "log",
    "serve",
    "authority",
    "completion",
    "explain",
    "health",
    "import",
    "passwd",
    "admin",
    "record",
    "service",
    "status",
    "store",
    "trace",
    "upgrade",
  ],
  admin: ["protocol", "credentials", "metrics", "page", "server"],
  broker: [
    "figures",
    "status",
    "certificates",
    "access",
    "listeners",
    "trace",
    "control",
    "lists",
    "admin",
  ],
  "broker/lists": ["walk", "subscriptions", "clients", "retained"],
};

/** Where a file stands: its folder of `src/`, and its path within that. */
interface Standing {
  readonly root: string;
  readonly folder: string;
  readonly file: string;
}

/** Undefined for what is not in a folder of `src/`. */
function standingOf(path: string): Standing | undefined {
  const match = /^(.*\/)src\/([^/]+)\/(.+)$/.exec(path.replaceAll("\\", "/"));
  if (match === null) return undefined;
  return { root: match[1], folder: match[2], file: match[3] };
}

/** What is wrong with an import of `specifier` in the file `path`, if any. */
export function faultOf(path: string, specifier: string): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const normal = path.replaceAll("\\", "/");
  const target = new URL(specifier, `file://${normal}`).pathname;
  const to = standingOf(target);
  const from = standingOf(normal);
  if (from === undefined) {
    // Tests and tools look into every file; the program itself does not.
    const isEntry = normal.endsWith("/main.ts") && to !== undefined;
    return isEntry && !(to.folder === "cli" && to.file === "mod.ts")
      ? "main.ts only calls src/cli/mod.ts"
      : undefined;
  }
  if (to === undefined || to.root !== from.root) {
    return "src/ imports nothing from outside of it";
  }
  if (to.folder === from.folder) return faultOfRooms(from, to);
  // A part of a folder that is loaded only when it is used has its own door.
  if (to.file !== "mod.ts" && !to.file.endsWith("/mod.ts")) {
    return `import from ${to.folder}/mod.ts: the rest of ${to.folder}/ is its own`;
  }
  const allowed = below[from.folder];
  if (allowed === undefined) {
    return `say in tools/layer_lint.ts what ${from.folder}/ may import`;
  }
  if (allowed.includes(to.folder) || openToAll.includes(to.folder)) {
    return undefined;
  }
  const list = [...allowed, ...openToAll].join(", ");
  return `${from.folder}/ does not stand above ${to.folder}/: it may import ${list}`;
}

/** Returns the fault of an import of `to` in `from`, of the same folder. */
function faultOfRooms(from: Standing, to: Standing): string | undefined {
  const source = `${from.folder}/${from.file}`;
  const target = `${to.folder}/${to.file}`;
  for (const [folder, order] of Object.entries(rooms)) {
    if (!source.startsWith(`${folder}/`)) continue;
    if (!target.startsWith(`${folder}/`)) continue;
    const [room, rest] = source.slice(folder.length + 1).split("/");
    if (rest === undefined) continue;
    const [other] = target.slice(folder.length + 1).split("/");
    const mine = order.indexOf(room);
    const theirs = order.indexOf(other);
    if (mine < 0) return `say in tools/layer_lint.ts where ${room}/ stands`;
    if (theirs >= 0 && theirs <= mine) continue;
    const list = order.slice(0, mine + 1).join(", ");
    return `${folder}/${room}/ may import from ${list}, not ${other}`;
  }
  return undefined;
}

/** The rule, as Deno loads it. */
const plugin: Deno.lint.Plugin = {
  name: "layers",
  rules: {
    "downward-through-mod": {
      create(context) {
        const look = (source: Deno.lint.Node | null | undefined) => {
          if (source?.type !== "Literal") return;
          if (typeof source.value !== "string") return;
          const message = faultOf(context.filename, source.value);
          if (message !== undefined) context.report({ node: source, message });
        };
        return {
          ImportDeclaration: (node) => look(node.source),
          ExportNamedDeclaration: (node) => look(node.source),
          ExportAllDeclaration: (node) => look(node.source),
          ImportExpression: (node) => look(node.source),
          TSImportType: (node) =>
            look(
              node.argument.type === "TSLiteralType"
                ? node.argument.literal
                : node.argument,
            ),
        };
      },
    },
  },
};

export default plugin;
