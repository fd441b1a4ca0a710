/** A disk of its own in memory, small enough to fill. Linux, as root. */
export class SmallDisk implements AsyncDisposable {
  /** Where it is mounted. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** Why there can be none here; null when there can. */
  static async missing(): Promise<string | null> {
    if (Deno.build.os !== "linux") return "needs Linux";
    if (Deno.uid() !== 0) return "needs root, to mount a small disk";
    const path = await Deno.makeTempDir({ prefix: "dunlin-disk-" });
    const isMounted = await run("mount", "-t", "tmpfs", "tmpfs", path);
    if (isMounted) await run("umount", path);
    await Deno.remove(path);
    return isMounted ? null : "may not mount a small disk";
  }

  /** Mounts one of `mebibytes`. */
  static async mount(mebibytes: number): Promise<SmallDisk> {
    const path = await Deno.makeTempDir({ prefix: "dunlin-disk-" });
    const size = `size=${mebibytes}m`;
    if (!await run("mount", "-t", "tmpfs", "-o", size, "tmpfs", path)) {
      throw new Error(`no disk could be mounted at ${path}`);
    }
    return new SmallDisk(path);
  }

  /** Takes all the space that is left. */
  async fill(): Promise<void> {
    using file = await Deno.open(`${this.path}/ballast`, {
      create: true,
      append: true,
    });
    for (const size of [65_536, 4096, 1]) {
      const chunk = new Uint8Array(size);
      // Whatever it says: the disk takes no more of this size.
      while (await file.write(chunk).then((count) => count > 0, () => false));
    }
  }

  /** Gives back what `fill` took. */
  async clear(): Promise<void> {
    await Deno.remove(`${this.path}/ballast`);
  }

  /** Lets nobody write any more, or lets them again; no file may be open. */
  async setReadOnly(isReadOnly: boolean): Promise<void> {
    const option = isReadOnly ? "remount,ro" : "remount,rw";
    if (!await run("mount", "-o", option, this.path)) {
      throw new Error(`${this.path} could not be mounted anew (${option})`);
    }
  }

  /** Unmounts it: what is on it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    await run("umount", "-l", this.path);
    await Deno.remove(this.path);
  }
}

async function run(program: string, ...args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command(program, {
    args,
    stdout: "null",
    stderr: "null",
  }).output();
  return success;
}
