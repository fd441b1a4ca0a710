/** A system that Dunlin is made for. */
export interface Target {
  /** As in `--target` and in the name of the file. */
  readonly name: string;
  readonly system: "linux" | "macos" | "windows";
  /** Deno's name of it. */
  readonly triple: string;
  /** npm's package of Deno's runtime, without `@deno/`. */
  readonly package: string;
}

/** All of them. */
export const targets: readonly Target[] = [
  {
    name: "linux-x64",
    system: "linux",
    triple: "x86_64-unknown-linux-gnu",
    package: "linux-x64-glibc",
  },
  {
    name: "linux-arm64",
    system: "linux",
    triple: "aarch64-unknown-linux-gnu",
    package: "linux-arm64-glibc",
  },
  {
    name: "macos-x64",
    system: "macos",
    triple: "x86_64-apple-darwin",
    package: "darwin-x64",
  },
  {
    name: "macos-arm64",
    system: "macos",
    triple: "aarch64-apple-darwin",
    package: "darwin-arm64",
  },
  {
    name: "windows-x64",
    system: "windows",
    triple: "x86_64-pc-windows-msvc",
    package: "win32-x64",
  },
];

/**
 * Returns the target with that name, or that of this machine without a name.
 * Throws an `Error` where there is none.
 */
export function targetOf(name?: string): Target {
  const found = targets.find((one) =>
    name === undefined ? one.triple === Deno.build.target : one.name === name
  );
  if (found !== undefined) return found;
  const wanted = name ?? `for ${Deno.build.target}`;
  const names = targets.map((one) => one.name).join(", ");
  throw new Error(`no target ${wanted}; the targets are ${names}`);
}
