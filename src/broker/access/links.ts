import type { AuthSettings, Settings } from "../../config/mod.ts";
import { codeOf } from "../../errors/mod.ts";
import { anonymousLink, certificateLink } from "../../security/chain/mod.ts";
import type { PasswordUsers } from "../../security/passwords/mod.ts";
import { openHttp } from "./open_http.ts";
import { openJwt } from "./open_jwt.ts";
import { openScram } from "./open_scram.ts";
import type { LinkPorts, OpenedLink } from "./opened_link.ts";

/**
 * Makes the link that one `[[auth]]` describes. Rejects with an error that
 * says what is wrong. Loads the code of the link when it is needed.
 */
export async function openLink(
  auth: AuthSettings,
  settings: Settings,
  ports: LinkPorts,
): Promise<OpenedLink> {
  switch (auth.type) {
    case "anonymous":
      return { link: anonymousLink, files: [], mayGrant: false };
    case "client-certificate":
      return { link: certificateLink, files: [], mayGrant: false };
    case "password-file":
      return await passwordFile(auth.file, ports);
    case "users": {
      const { knownUsers } = await import("../../security/passwords/mod.ts");
      return await passwords("users", knownUsers(settings.user), [], ports);
    }
    case "jwt":
      return await openJwt(auth, ports);
    case "http":
      return await openHttp(auth, ports);
    case "scram":
      return await openScram(auth, settings, ports);
  }
}

async function passwordFile(
  path: string,
  ports: LinkPorts,
): Promise<OpenedLink> {
  const { readPasswordFile } = await import("../../security/passwords/mod.ts");
  const users = await readPasswordFile(path);
  await warnOfReaders(path, ports);
  return await passwords(`password-file ${path}`, users, [path], ports);
}

async function passwords(
  name: string,
  users: PasswordUsers,
  files: readonly string[],
  { hashing, known, log }: LinkPorts,
): Promise<OpenedLink> {
  const { PasswordLink } = await import("../../security/passwords/mod.ts");
  const onTrouble = (error: Error) =>
    log.trouble(name, error, codeOf(error, "password-check-failed"), "access");
  const link = new PasswordLink(name, users, { hashing, known, onTrouble });
  return { link, files, mayGrant: false };
}

/** Warns when every user can read the file: hashes can be brute-forced. */
async function warnOfReaders(
  path: string,
  { log, openFiles }: LinkPorts,
): Promise<void> {
  if (Deno.build.os === "windows") return;
  const { mode } = await Deno.stat(path);
  if (((mode ?? 0) & 0o007) === 0) return void openFiles.delete(path);
  if (openFiles.has(path)) return;
  openFiles.add(path);
  log.trouble(
    `password-file ${path}`,
    new Error(`everybody on this machine can read it: chmod o= ${path}`),
    "password-file-exposed",
    "access",
  );
}
