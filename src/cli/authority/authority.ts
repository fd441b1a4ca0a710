import type { Clock } from "../../clock/mod.ts";
import { loadAuthority } from "../../security/mod.ts";
import type {
  AuthorityCommand,
  AuthorityCommandName,
  AuthorityOptions,
} from "./authority_options.ts";
import { writeAnswer } from "../console/answer.ts";
import { CommandError } from "../console/command_error.ts";
import { authorityTarget } from "./authority_target.ts";
import type { Output } from "../console/output.ts";
import { shownPath } from "../console/shown_path.ts";
import { startError } from "../settings/start_error.ts";

// Each is loaded when it is called for.
const commands: Readonly<
  Record<AuthorityCommandName, () => Promise<AuthorityCommand>>
> = {
  "ca create": async () => (await import("./ca.ts")).create,
  "ca import": async () => (await import("./ca.ts")).importCa,
  "ca export": async () => (await import("./ca.ts")).exportCa,
  "ca show": async () => (await import("./ca.ts")).show,
  "ca thumbprint": async () => (await import("./ca.ts")).thumbprint,
  "cert issue": async () => (await import("./cert_issue.ts")).issue,
  "cert sign": async () => (await import("./cert_issue.ts")).sign,
  "cert list": async () => (await import("./cert_list.ts")).list,
  "cert show": async () => (await import("./cert_list.ts")).show,
  "cert authorize": async () => (await import("./cert_list.ts")).authorize,
  "cert revoke": async () => (await import("./cert_list.ts")).revoke,
  "cert unrevoke": async () => (await import("./cert_list.ts")).unrevoke,
  "cert remove": async () => (await import("./cert_list.ts")).remove,
  "cert renew": async () => (await import("./cert_issue.ts")).renew,
};

/**
 * Runs `dunlin ca NAME` or `dunlin cert NAME`. Resolves to the exit code: 0, or
 * 1 when it could not be done, with the reason.
 */
export async function authority(
  name: AuthorityCommandName,
  argument: string | undefined,
  options: AuthorityOptions,
  environment: Readonly<Record<string, string>>,
  output: Output,
  clock: Clock,
): Promise<0 | 1> {
  const work = async () => {
    const target = await authorityTarget(options, environment, output);
    const command = await commands[name]();
    return await command({
      library: await loadAuthority(),
      ...target,
      argument: argument ?? "",
      options,
      shown: (path) => shownPath(path, environment.HOME),
      clock,
    });
  };
  return await writeAnswer(output, options.json, work, (error) => ({
    fault: (error as { fault?: string }).fault ?? null,
    message: reasonOf(error),
  }));
}

/** Returns the message of a known error; for a mistake of Dunlin its stack. */
function reasonOf(error: unknown): string {
  const isSaid = error instanceof CommandError ||
    error instanceof Error &&
      ["AuthorityError", "ListError"].includes(error.name);
  return isSaid ? error.message : startError(error);
}
