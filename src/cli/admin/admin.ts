import { CredentialFile, Credentials } from "../../admin/credentials/mod.ts";
import type { Clock } from "../../clock/mod.ts";
import { parseDuration } from "../../config/mod.ts";
import { type Answer, writeAnswer } from "../console/answer.ts";
import { CommandError } from "../console/command_error.ts";
import type { Output } from "../console/output.ts";
import { askPassword } from "../passwd/passwd.ts";
import type { Keyboard } from "../passwd/password_prompt.ts";
import { startError } from "../settings/start_error.ts";
import type { AdminCommandName, AdminOptions } from "./admin_program.ts";
import { type AdminTarget, adminTarget } from "./admin_target.ts";

/** Ports of `dunlin admin`. */
export interface AdminPorts {
  readonly environment: Readonly<Record<string, string>>;
  readonly keyboard: Keyboard;
  readonly output: Output;
  readonly clock: Clock;
  /** Opens a browser at `url`; resolves to whether it could. */
  readonly browse: (url: string) => Promise<boolean>;
}

/**
 * Runs `dunlin admin NAME`. Resolves to the exit code: 0, or 1 when it could not
 * be done, with the reason.
 */
export async function admin(
  name: AdminCommandName,
  argument: string | undefined,
  options: AdminOptions,
  ports: AdminPorts,
): Promise<0 | 1> {
  const { environment, output, clock } = ports;
  const work = async () => {
    const target = await adminTarget(options, environment, output);
    const file = new CredentialFile(target.file, clock);
    const credentials = new Credentials(file, clock);
    return await answer(name, argument ?? "", options, {
      ...ports,
      credentials,
      target,
    });
  };
  return await writeAnswer(output, options.json, work, (error) => ({
    message: reasonOf(error),
  }));
}

interface Scene extends AdminPorts {
  readonly credentials: Credentials;
  readonly target: AdminTarget;
}

async function answer(
  name: AdminCommandName,
  argument: string,
  options: AdminOptions,
  scene: Scene,
): Promise<Answer> {
  const { credentials } = scene;
  switch (name) {
    case "password":
      return await setPassword(options, scene);
    case "open":
      return await open(options, scene);
    case "token create": {
      const { role = "viewer" } = options;
      const life = lifeOf(options.expires);
      const { id, token } = await credentials.createToken(argument, role, life);
      return { text: `${token}\n`, json: { id, token } };
    }
    case "token list": {
      const { tokens } = await credentials.state();
      const shown = tokens.map(({ hash: _, ...rest }) => rest);
      const text = shown.map(({ id, role, name, expires }) =>
        `${id}  ${role.padEnd(6)}  ${dayOf(expires).padEnd(10)}  ${name}\n`
      );
      return { text: text.join(""), json: { tokens: shown } };
    }
    case "token revoke": {
      if (!await credentials.revokeToken(argument)) {
        throw new CommandError(`there is no token ${argument}`);
      }
      return { text: `${argument} is revoked\n`, json: { id: argument } };
    }
  }
}

async function setPassword(
  { user = "admin", role, stdin }: AdminOptions,
  { credentials, keyboard, output, target }: Scene,
): Promise<Answer> {
  const bytes = await askPassword(user, true, { stdin }, keyboard, output);
  const password = new TextDecoder().decode(bytes);
  await credentials.setPassword(user, password, role ?? null);
  const { file } = target;
  return {
    text: `${user} has a new password in ${file}\n`,
    json: { user, file },
  };
}

async function open(
  { user = "admin", print, json }: AdminOptions,
  { credentials, target, browse }: Scene,
): Promise<Answer> {
  if (target.url === null) {
    throw new CommandError(
      "no running broker was found, and the settings leave its port open",
    );
  }
  const { users } = await credentials.state();
  if (users.length === 0) {
    throw new CommandError(
      `${target.file} has no users: start the broker with --admin first`,
    );
  }
  const link = `${target.url}login?link=${await credentials.createLink(user)}`;
  const isShown = print || json || !await browse(link);
  return { text: isShown ? `${link}\n` : "", json: { link } };
}

/** Returns the life of a token in ms; null for ever. */
function lifeOf(expires = "never"): number | null {
  if (expires === "never") return null;
  const life = parseDuration(expires);
  if (life !== null && life >= 1000) return life;
  throw new CommandError(
    `--expires ${expires}: give a duration like 90d or 12h, or never`,
  );
}

function dayOf(expires: number | null): string {
  return expires === null
    ? "never"
    : new Date(expires).toISOString().slice(0, 10);
}

/** Returns the message of a known error; for a mistake of Dunlin its stack. */
function reasonOf(error: unknown): string {
  const isSaid = error instanceof CommandError ||
    error instanceof Error &&
      ["CredentialError", "AdminFileError"].includes(error.name);
  if (isSaid) return error.message;
  return startError(error);
}
