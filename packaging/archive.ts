import { gzipSync } from "node:zlib";
import { zipSync } from "fflate";
import { RUN_FLAGS } from "../src/cli/service/run_flags.ts";
import { tarOf } from "./tar.ts";

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
 * `name`: a launcher, the `runtime`, and the program's `files`.
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
  const tar = tarOf([
    { path: name },
    { path: `${name}/app` },
    { path: `${name}/runtime` },
    { path: `${name}/dunlin`, content: lines(SHELL, "\n"), mode: 0o755 },
    {
      path: `${name}/runtime/deno`,
      content: await Deno.readFile(runtime),
      mode: 0o755,
    },
    ...[...files].map(([file, content]) => ({
      path: `${name}/app/${file}`,
      content,
    })),
  ]);
  await Deno.writeFile(path, gzipSync(tar, { level: 9 }));
}

function lines(text: string, end: string): Uint8Array {
  return new TextEncoder().encode(text.replaceAll("\n", end));
}
