import { join } from "node:path";
import { zipSync } from "fflate";
import { output } from "../tools/build.ts";
import { RUN_FLAGS } from "./run_flags.ts";

/** The launcher for systems with a POSIX shell. */
const SHELL = `#!/bin/sh
# Runs Dunlin: the program in app/ by the runtime in runtime/ beside this file.
file=$0
while [ -L "$file" ]; do
  link=$(readlink "$file")
  case $link in /*) file=$link ;; *) file=$(dirname "$file")/$link ;; esac
done
here=$(cd "$(dirname "$file")" && pwd -P)
DENO_DIR=\${DUNLIN_CACHE:-\${XDG_CACHE_HOME:-\${HOME:-/var/tmp}/.cache}/dunlin}
DENO_NO_UPDATE_CHECK=1
export DENO_DIR DENO_NO_UPDATE_CHECK
exec "$here/runtime/deno" run ${RUN_FLAGS.join(" ")} "$here/app/main.js" "$@"
`;

/** The same for Windows. */
const BATCH = `@echo off
rem Runs Dunlin: the program in app by the runtime in runtime beside this file.
setlocal
set DENO_DIR=%LOCALAPPDATA%\\dunlin
if defined DUNLIN_CACHE set DENO_DIR=%DUNLIN_CACHE%
set DENO_NO_UPDATE_CHECK=1
"%~dp0runtime\\deno.exe" run ${RUN_FLAGS.join(" ")} "%~dp0app\\main.js" %*
exit /b %ERRORLEVEL%
`;

/**
 * Writes the archive `path` (`.tar.gz` or, for Windows, `.zip`) with one folder
 * `name`: a launcher, the `runtime`, and the program's `files`. Needs GNU tar.
 */
export async function writeArchive(
  path: string,
  name: string,
  runtime: string,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  if (path.endsWith(".zip")) {
    const program = Object.fromEntries(
      [...files].map(([file, bytes]) => [`${name}/app/${file}`, bytes]),
    );
    const zip = zipSync({
      [`${name}/dunlin.cmd`]: lines(BATCH, "\r\n"),
      [`${name}/runtime/deno.exe`]: await Deno.readFile(runtime),
      ...program,
    }, { mtime: "1980-01-01T12:00:00" });
    return await Deno.writeFile(path, zip);
  }
  const folder = await Deno.makeTempDir({ prefix: "dunlin-archive-" });
  try {
    const top = join(folder, name);
    await Deno.mkdir(join(top, "app"), { recursive: true });
    await Deno.mkdir(join(top, "runtime"));
    await Deno.writeFile(join(top, "dunlin"), lines(SHELL, "\n"), {
      mode: 0o755,
    });
    await Deno.copyFile(runtime, join(top, "runtime/deno"));
    await Deno.chmod(join(top, "runtime/deno"), 0o755);
    for (const [file, bytes] of files) {
      await Deno.writeFile(join(top, "app", file), bytes);
    }
    const same = ["--sort=name", "--mtime=@0", "--owner=0", "--group=0"];
    const args = ["-C", folder, ...same, "-I", "gzip -9n", "-cf", path, name];
    await output("tar", args, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function lines(text: string, end: string): Uint8Array {
  return new TextEncoder().encode(text.replaceAll("\n", end));
}
