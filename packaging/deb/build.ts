/**
 * Makes the Debian package of an executable in `dist/` (`deno task deb`):
 *
 *   deno task deb [--arch amd64|arm64] [--program FILE] [--out FOLDER] [--fast]
 *
 * `--fast` packs badly and in a moment, for tests. It needs `dpkg-deb`.
 */
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { parseArgs } from "node:util";
import { git, root } from "../../tools/build.ts";
import {
  CONFFILES,
  contentsOf,
  PACKAGE_VERSION,
  type PackagedFile,
} from "./contents.ts";

/** Executables of `deno task compile`, by Debian's names of processors. */
const PROGRAMS = { amd64: "dunlin-linux-x64", arm64: "dunlin-linux-arm64" };

/** A processor that there is a package for. */
export type Architecture = keyof typeof PROGRAMS;

/** What is to be made. */
export interface DebOptions {
  readonly arch: Architecture;
  /** The executable. @default that of `deno task compile` in `dist/` */
  readonly program?: string;
  /** Folder for the package. */
  readonly out: string;
  /** Whether to pack fast and badly. */
  readonly isFast: boolean;
}

/** Makes the package; resolves to its path. Rejects with `Error`. */
export async function buildDeb(options: DebOptions): Promise<string> {
  const { arch, out, isFast } = options;
  const from = options.program ?? join(root, "dist", PROGRAMS[arch]);
  const program = await Deno.readFile(from).catch((error) => {
    const target = PROGRAMS[arch].replace("dunlin-", "");
    throw new Error(
      `${from}: ${error.message}; make it first: ` +
        `deno task compile --target ${target}`,
    );
  });
  checkProgram(program, arch, from);
  const date = await sourceDate();
  const maintainer = `${
    Deno.env.get("DEBFULLNAME") ?? "Dunlin contributors"
  } <${Deno.env.get("DEBEMAIL") ?? "dunlin@users.noreply.github.com"}>`;
  const files = contentsOf({ program, date, maintainer });
  const tree = await Deno.makeTempDir({ prefix: "dunlin-deb-" });
  try {
    await Deno.chmod(tree, 0o755);
    for (const file of files) await write(tree, file);
    for (const file of control(files, arch, maintainer)) {
      await write(tree, file);
    }
    await Deno.mkdir(out, { recursive: true });
    const path = join(out, `dunlin_${PACKAGE_VERSION}_${arch}.deb`);
    const packing = isFast ? ["-Zgzip", "-z1"] : ["-Zxz"];
    await dpkgDeb(
      ["--root-owner-group", ...packing, "--build", tree, path],
      date,
    );
    return path;
  } finally {
    await Deno.remove(tree, { recursive: true });
  }
}

/** A program for another processor would install, and not run. */
function checkProgram(
  program: Uint8Array,
  arch: Architecture,
  from: string,
): void {
  const machine = program[18] | program[19] << 8;
  const isElf = program[0] === 0x7f && program[1] === 0x45;
  const wanted = { amd64: 62, arm64: 183 }[arch];
  if (!isElf || machine !== wanted) {
    throw new Error(`${from} is no executable for ${arch}`);
  }
}

async function write(
  tree: string,
  { path, content, mode = 0o644 }: PackagedFile,
): Promise<void> {
  const to = join(tree, path);
  await makeFolder(tree, dirname(path));
  const bytes = typeof content === "string"
    ? new TextEncoder().encode(content)
    : content;
  await Deno.writeFile(to, bytes);
  // Whatever the umask is.
  await Deno.chmod(to, mode);
}

/** Makes the folder `path` below `tree`, and those between. */
async function makeFolder(tree: string, path: string): Promise<void> {
  if (path === ".") return;
  await makeFolder(tree, dirname(path));
  await Deno.mkdir(join(tree, path), { recursive: true });
  await Deno.chmod(join(tree, path), 0o755);
}

/** Returns the files that dpkg itself reads. */
function control(
  files: readonly PackagedFile[],
  arch: Architecture,
  maintainer: string,
): PackagedFile[] {
  const kib = files.reduce(
    (sum, { content }) => sum + Math.ceil(content.length / 1024),
    0,
  );
  const sums = files.map(({ path, content }) =>
    `${createHash("md5").update(content).digest("hex")}  ${path}\n`
  );
  const scripts = ["postinst", "prerm", "postrm"].map((name) => ({
    path: `DEBIAN/${name}`,
    content: Deno.readTextFileSync(
      new URL(`scripts/${name}`, import.meta.url),
    ),
    mode: 0o755,
  }));
  return [
    {
      path: "DEBIAN/control",
      content: `Package: dunlin
Version: ${PACKAGE_VERSION}
Architecture: ${arch}
Maintainer: ${maintainer}
Installed-Size: ${kib}
Depends: libc6 (>= 2.27), libgcc-s1, systemd | systemd-standalone-sysusers | systemd-sysusers
Section: net
Priority: optional
Description: MQTT broker in one executable
 Dunlin is a broker for MQTT 3.1, 3.1.1 and 5.0 over TCP, TLS, WebSocket and
 socket files. It keeps sessions and messages across restarts, issues its own
 certificates, and applies changed settings while clients stay connected.
 .
 The service listens on this machine only, until /etc/dunlin/dunlin.toml says
 otherwise.
`,
    },
    {
      path: "DEBIAN/conffiles",
      content: CONFFILES.map((path) => `/${path}\n`).join(""),
    },
    { path: "DEBIAN/md5sums", content: sums.join("") },
    ...scripts,
  ];
}

/** The same sources give the same package: no file has the time of today. */
async function sourceDate(): Promise<Date> {
  const given = Deno.env.get("SOURCE_DATE_EPOCH") ??
    await git("log", "-1", "--format=%ct").catch(() => null);
  if (given !== null) return new Date(Number(given) * 1000);
  // Outside of git: as old as what says what is new.
  const { mtime } = await Deno.stat(join(root, "CHANGELOG.md"));
  return mtime!;
}

async function dpkgDeb(args: readonly string[], date: Date): Promise<void> {
  const { success, stderr } = await new Deno.Command("dpkg-deb", {
    args: [...args],
    env: { SOURCE_DATE_EPOCH: String(Math.floor(date.getTime() / 1000)) },
    stdout: "null",
  }).output().catch((error) => {
    throw new Error(
      `dpkg-deb cannot be started (Debian's dpkg has it): ${error}`,
    );
  });
  if (success) return;
  throw new Error(`dpkg-deb: ${new TextDecoder().decode(stderr).trim()}`);
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      arch: { type: "string", default: "amd64" },
      program: { type: "string" },
      out: { type: "string", default: join(root, "dist") },
      fast: { type: "boolean", default: false },
    },
  });
  if (!Object.hasOwn(PROGRAMS, values.arch)) {
    console.error(`--arch must be amd64 or arm64, not ${values.arch}`);
    Deno.exit(2);
  }
  const arch = values.arch as Architecture;
  const { program, out, fast } = values;
  try {
    console.log(await buildDeb({ arch, program, out, isFast: fast }));
  } catch (error) {
    console.error(`deb: ${(error as Error).message}`);
    Deno.exit(1);
  }
}
