/**
 * The base of the image: the files of Debian that the program needs, taken from
 * Debian's packages. Nothing of the machine that builds is in it.
 */
import { basename, join } from "node:path";
import { output } from "../../tools/build.ts";
import type { TarEntry } from "../tar.ts";

/** A processor, as Debian and OCI name it. */
export type Architecture = "amd64" | "arm64";

const PACKAGES = ["libc6", "libgcc-s1", "gcc-12-base", "ca-certificates"];

/** The libraries that Deno's runtime names, and those that find hosts. */
const LIBRARIES =
  /^(ld-linux.*|lib(c|m|dl|rt|pthread|resolv|nss_dns|nss_files|gcc_s)\.so\.\d)$/;

/** Where the runtime looks for its loader. */
const LOADERS = {
  amd64: "lib64/ld-linux-x86-64.so.2",
  arm64: "lib/ld-linux-aarch64.so.1",
};

/**
 * Returns the files of the base. Downloads Debian's packages with apt, from the
 * sources of this machine, into a folder of its own.
 */
export async function debianBase(
  architecture: Architecture,
): Promise<TarEntry[]> {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-debian-" });
  try {
    const packages = await download(architecture, folder);
    const root = join(folder, "root");
    for (const one of packages) {
      await output("dpkg-deb", ["-x", one, root], "/");
    }
    return [
      ...await libraries(root, architecture),
      ...await certificates(root),
      ...await notices(root, packages),
    ];
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** Resolves to the paths of the packages. */
async function download(
  architecture: Architecture,
  folder: string,
): Promise<string[]> {
  const state = join(folder, "state");
  await Deno.mkdir(join(state, "lists/partial"), { recursive: true });
  const own = [
    `APT::Architecture=${architecture}`,
    `APT::Architectures=${architecture}`,
    `Dir::State=${state}`,
    "Dir::State::status=/dev/null",
    `Dir::Cache=${join(folder, "cache")}`,
    "Acquire::Languages=none",
    // No other user may write between the download and the unpacking.
    "APT::Sandbox::User=root",
  ];
  const options = ["-qq", ...own.flatMap((one) => ["-o", one])];
  const debs = join(folder, "debs");
  await Deno.mkdir(debs);
  await output("apt-get", [...options, "update"], debs);
  await output("apt-get", [...options, "download", ...PACKAGES], debs);
  return [...Deno.readDirSync(debs)].map(({ name }) => join(debs, name)).sort();
}

async function libraries(
  root: string,
  architecture: Architecture,
): Promise<TarEntry[]> {
  const folder = `lib/${
    architecture === "amd64" ? "x86_64" : "aarch64"
  }-linux-gnu`;
  const entries: TarEntry[] = [{ path: "lib" }, { path: folder }];
  for (const { name } of await sorted(join(root, folder))) {
    if (!LIBRARIES.test(name)) continue;
    const content = await Deno.readFile(join(root, folder, name));
    entries.push({ path: `${folder}/${name}`, content, mode: 0o755 });
  }
  const loader = LOADERS[architecture];
  if (loader.startsWith("lib64/")) entries.push({ path: "lib64" });
  const link = `/${folder}/${basename(loader)}`;
  return [...entries, { path: loader, content: { link } }];
}

/** All authorities in the one file that programs read. */
async function certificates(root: string): Promise<TarEntry[]> {
  const folder = join(root, "usr/share/ca-certificates/mozilla");
  let all = "";
  for (const { name } of await sorted(folder)) {
    all += (await Deno.readTextFile(join(folder, name))).trimEnd() + "\n";
  }
  const content = new TextEncoder().encode(all);
  return [
    ...["etc", "etc/ssl", "etc/ssl/certs"].map((path) => ({ path })),
    { path: "etc/ssl/certs/ca-certificates.crt", content },
  ];
}

/** Licences, and what scanners for known faults look for. */
async function notices(
  root: string,
  packages: readonly string[],
): Promise<TarEntry[]> {
  const entries: TarEntry[] = [
    ...["usr", "usr/share", "usr/share/doc", "var", "var/lib"],
    ...["var/lib/dpkg", "var/lib/dpkg/status.d"],
  ].map((path) => ({ path }));
  for (const one of packages) {
    const control = await output("dpkg-deb", ["-f", one], "/");
    const name = /^Package: (.*)$/m.exec(control)![1];
    entries.push({
      path: `var/lib/dpkg/status.d/${name}`,
      content: new TextEncoder().encode(control),
    });
    const doc = `usr/share/doc/${name}`;
    const notice = await Deno.readFile(join(root, doc, "copyright"));
    entries.push({ path: doc });
    entries.push({ path: `${doc}/copyright`, content: notice });
  }
  return entries;
}

async function sorted(folder: string): Promise<Deno.DirEntry[]> {
  const entries = await Array.fromAsync(Deno.readDir(folder));
  return entries.sort((a, b) => a.name < b.name ? -1 : 1);
}
