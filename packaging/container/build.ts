/**
 * Makes the container image of Dunlin without a daemon (`deno task image`): the
 * Linux executable on the few files of Debian that it needs.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build, output, root } from "../../tools/build.ts";
import { compile } from "../compile.ts";
import { targetOf } from "../targets.ts";
import { type Architecture, debianBase } from "./debian.ts";
import { type Image, imageArchive } from "./oci.ts";
import type { TarEntry } from "../tar.ts";

/** User and group of the broker in the container. */
export const USER = 1883;

const STATE = "/var/lib/dunlin";
const CACHE = "/var/cache/dunlin";
const PROGRAM = "/usr/bin/dunlin";
const SECOND = 1_000_000_000;

/** Names of the targets of `deno task compile`. */
const TARGETS = { amd64: "linux-x64", arm64: "linux-arm64" };

/** How the container runs. The state folder is where services have theirs. */
const CONFIG = {
  User: `${USER}:${USER}`,
  Entrypoint: [PROGRAM],
  Env: [
    "PATH=/usr/bin",
    `DUNLIN_CACHE=${CACHE}`,
    `STATE_DIRECTORY=${STATE}`,
    "XDG_RUNTIME_DIR=/tmp",
  ],
  ExposedPorts: { "1883/tcp": {} },
  Volumes: { [STATE]: {} },
  WorkingDir: STATE,
  StopSignal: "SIGTERM",
  Healthcheck: {
    Test: ["CMD", PROGRAM, "health"],
    Interval: 30 * SECOND,
    Timeout: 10 * SECOND,
    StartPeriod: 60 * SECOND,
    Retries: 3,
  },
};

const PASSWD = `root:x:0:0::/root:/sbin/nologin
dunlin:x:${USER}:${USER}::${STATE}:/sbin/nologin
`;
const GROUP = `root:x:0:
dunlin:x:${USER}:
`;

/** Returns the image of an executable. Runs it once: it unpacks its program. */
export async function imageOf(
  executable: string,
  architecture: Architecture,
  version: string,
): Promise<Image> {
  const text = (path: string, content: string): TarEntry => ({
    path,
    content: new TextEncoder().encode(content),
  });
  const base: TarEntry[] = [
    ...await debianBase(architecture),
    ...["dev", "proc", "sys", "usr/bin", "etc/dunlin"].map((path) => ({
      path,
    })),
    { path: "tmp", mode: 0o1777 },
    text("etc/passwd", PASSWD),
    text("etc/group", GROUP),
    text("etc/nsswitch.conf", "hosts: files dns\n"),
  ];
  const program: TarEntry[] = [
    {
      path: PROGRAM.slice(1),
      content: await Deno.readFile(executable),
      mode: 0o755,
    },
    { path: "var/cache" },
    ...await unpacked(executable, architecture),
    { path: STATE.slice(1), mode: 0o700, owner: USER },
    {
      path: "usr/share/doc/dunlin/copyright",
      content: await Deno.readFile(join(root, "LICENSE")),
    },
  ];
  const name = "org.opencontainers.image";
  return {
    name: `dunlin:${version}`,
    ...{ architecture, layers: [base, program], config: CONFIG },
    annotations: {
      [`${name}.title`]: "Dunlin",
      [`${name}.description`]: "An MQTT 3.1, 3.1.1 and 5.0 broker",
      [`${name}.version`]: version,
      [`${name}.licenses`]: "MIT",
    },
  };
}

/**
 * Returns the cache that the program unpacks at its first start: the root of a
 * container may be read-only.
 */
async function unpacked(
  executable: string,
  architecture: Architecture,
): Promise<TarEntry[]> {
  const cache = await Deno.makeTempDir({ prefix: "dunlin-cache-" });
  try {
    const isHere = Deno.build.arch ===
      (architecture === "amd64" ? "x86_64" : "aarch64");
    const command = isHere ? [] : emulator(architecture);
    const [first, ...args] = [...command, executable, "--version"];
    const env = ["-i", `DUNLIN_CACHE=${cache}`];
    await output("env", [...env, first, ...args], "/");
    const entries: TarEntry[] = [{ path: CACHE.slice(1) }];
    for await (const { name } of Deno.readDir(cache)) {
      if (!name.startsWith("dunlin-")) continue;
      const at = `${CACHE.slice(1)}/${name}`;
      entries.push({ path: at }, { path: `${at}/app` });
      const app = join(cache, name, "app");
      const files = await Array.fromAsync(Deno.readDir(app));
      for (const file of files.map(({ name }) => name).sort()) {
        const content = await Deno.readFile(join(app, file));
        entries.push({ path: `${at}/app/${file}`, content });
      }
    }
    return entries;
  } finally {
    await Deno.remove(cache, { recursive: true });
  }
}

/** Debian's glibc for another processor, and the program that runs it here. */
function emulator(architecture: Architecture): string[] {
  if (architecture === "arm64") {
    return ["qemu-aarch64-static", "-L", "/usr/aarch64-linux-gnu"];
  }
  return ["qemu-x86_64-static", "-L", "/usr/x86_64-linux-gnu"];
}

if (import.meta.main) {
  const { values } = parseArgs({ options: { arch: { type: "string" } } });
  const here = Deno.build.arch === "x86_64" ? "amd64" : "arm64";
  const { arch = here } = values;
  if (arch !== "amd64" && arch !== "arm64") {
    console.error(
      `no image for ${arch}; there is --arch amd64 and --arch arm64`,
    );
    Deno.exit(2);
  }
  const bundle = join(root, "dist/bundle");
  const { version, commit } = await build(bundle);
  const out = join(root, "dist");
  const { path } = await compile(targetOf(TARGETS[arch]), bundle, out);
  const file = `dist/dunlin-${version}-image-${arch}.tar`;
  const archive = imageArchive(await imageOf(path, arch, version));
  await Deno.writeFile(join(root, file), archive);
  const size = (archive.length / 1e6).toFixed(1);
  console.log(`${file}: dunlin ${version}, commit ${commit}, ${size} MB`);
}
