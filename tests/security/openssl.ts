import assert from "node:assert/strict";
import { join } from "node:path";

/** What a program said, and whether it was content. */
export interface Said {
  readonly success: boolean;
  readonly out: string;
  readonly err: string;
}

/** Runs `openssl` in `folder`. */
export async function openssl(
  folder: string,
  ...args: readonly string[]
): Promise<Said> {
  const { success, stdout, stderr } = await new Deno.Command("openssl", {
    args: [...args],
    cwd: folder,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).output();
  const text = new TextDecoder();
  return { success, out: text.decode(stdout), err: text.decode(stderr) };
}

/** The same; it must succeed. Returns what it printed. */
export async function opensslOk(
  folder: string,
  ...args: readonly string[]
): Promise<string> {
  const { success, out, err } = await openssl(folder, ...args);
  assert.ok(success, `openssl ${args.join(" ")}\n${out}${err}`);
  return out + err;
}

/** A folder that is gone with its scope. */
export class Folder implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync({ prefix: "dunlin-authority-" });
  /** Where an authority may live in it. */
  readonly authority = join(this.path, "authority");

  /** Where `name` lies in it. */
  at(name: string): string {
    return join(this.path, name);
  }

  /** Writes a file and returns its name. */
  async put(name: string, content: string | Uint8Array): Promise<string> {
    const bytes = typeof content === "string"
      ? new TextEncoder().encode(content)
      : content;
    await Deno.writeFile(this.at(name), bytes);
    return name;
  }

  /** The text of a file. */
  read(name: string): string {
    return Deno.readTextFileSync(this.at(name));
  }

  /** The permissions of a file, as `chmod` takes them. */
  mode(name: string): number {
    return Deno.statSync(this.at(name)).mode! & 0o777;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
