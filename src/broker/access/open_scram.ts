import type { AuthSettings, Settings } from "../../config/mod.ts";
import type { ScramUser } from "../../security/scram/mod.ts";
import type { LinkPorts, OpenedLink } from "./opened_link.ts";

/**
 * Makes the link of `type = "scram"`: for the users of the settings, and those
 * of its password file, whose password is kept as SCRAM needs it.
 */
export async function openScram(
  { file }: AuthSettings,
  { user }: Settings,
  { log, standIns }: LinkPorts,
): Promise<OpenedLink> {
  const { looksLikeHash, parseHash, readPasswordFile } = await import(
    "../../security/passwords/mod.ts"
  );
  const { ScramLink } = await import("../../security/scram/mod.ts");
  const known = user.map(({ name, password }) => {
    if (!looksLikeHash(password)) return [name, password] as const;
    try {
      return [name, parseHash(password)] as const;
    } catch (error) {
      throw new RangeError(
        `the [[user]] ${name}: the hash in password cannot be used: ` +
          (error as Error).message,
      );
    }
  });
  if (file !== "") known.push(...await readPasswordFile(file));
  const users: ScramUser[] = [];
  for (const [name, secret] of known) {
    // Other hashes do not hold the keys that a SCRAM proof is checked with.
    if (typeof secret === "string" || secret.kind === "scram-sha-256") {
      users.push({ name, secret });
    }
  }
  const name = file === "" ? "scram" : `scram ${file}`;
  if (users.length === 0) {
    const where = file === "" ? "FILE" : file;
    log.event("info", "no-scram-user", {
      where: name,
      text: "no user has a hash for SCRAM: dunlin passwd add " +
        `--hash scram-sha-256 ${where} USER makes one`,
    });
  }
  return {
    link: new ScramLink(name, users, await standIns()),
    files: file === "" ? [] : [file],
    mayGrant: false,
  };
}
