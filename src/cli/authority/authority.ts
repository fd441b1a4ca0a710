import type { Clock } from "../../clock/mod.ts";
import { loadAuthority } from "../../security/mod.ts";
import type {
  AuthorityCommand,
  AuthorityCommandName,
  AuthorityOptions,
} from "./authority_options.ts";
import { CommandError } from "../console/command_error.ts";
import { authorityTarget } from "./authority_target.ts";
import type { Output } from "../console/output.ts";
import { shownPath } from "../console/shown_path.ts";
import { startError } from "../settings/start_error.ts";

// Each is loaded when it is called for.
const commands: Readonly<
  Record<AuthorityCommandName, () => Promise<AuthorityCommand>>
> = {
  "ca create": async () => (await import("./ca_create.ts")).create,
  "ca import": async () => (await import("./ca_import.ts")).importCa,
  "ca export": async () => (await import("./ca_export.ts")).exportCa,
  "ca show": async () => (await import("./ca_show.ts")).show,
  "ca thumbprint": async () => (await import("./ca_show.ts")).thumbprint,
  "cert issue": async () => (await import("./cert_issue.ts")).issue,
  "cert sign": async () => (await import("./cert_sign.ts")).sign,
  "cert list": async () => (await import("./cert_list.ts")).list,
  "cert show": async () => (await import("./cert_show.ts")).show,
  "cert authorize": async () => (await import("./cert_state.ts")).authorize,
  "cert revoke": async () => (await import("./cert_state.ts")).revoke,
  "cert unrevoke": async () => (await import("./cert_state.ts")).unrevoke,
  "cert remove": async () => (await import("./cert_remove.ts")).remove,
  "cert renew": async () => (await import("./cert_renew.ts")).renew,
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
  try {
    const target = await authorityTarget(options, environment, output);
    const command = await commands[name]();
    const { text, json } = await command({
      library: await loadAuthority(),
      ...target,
      argument: argument ?? "",
      options,
      shown: (path) => shownPath(path, environment.HOME),
      clock,
    });
    const answer = JSON.stringify({ ok: true, ...json }, null, 2) + "\n";
    output.out(options.json ? answer : text);
    return 0;
  } catch (error) {
    const message = reasonOf(error);
    if (options.json) {
      const fault = (error as { fault?: unknown }).fault ?? null;
      const answer = { ok: false, fault, message };
      output.out(JSON.stringify(answer, null, 2) + "\n");
    } else output.err(`dunlin: ${message}\n`);
    return 1;
  }
}

/** Known complaints are told as they are; our own mistakes with their stack. */
function reasonOf(error: unknown): string {
  const isSaid = error instanceof CommandError ||
    error instanceof Error &&
      ["AuthorityError", "ListError"].includes(error.name);
  return isSaid ? error.message : startError(error);
}
