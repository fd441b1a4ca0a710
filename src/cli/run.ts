import type { Command } from "commander";
import type { AdminCommandName, AdminOptions } from "./admin/admin_program.ts";
import type {
  AuthorityCommandName,
  AuthorityOptions,
} from "./authority/authority_options.ts";
import type { CheckOptions } from "./check.ts";
import type { Shell } from "./completion/completion_program.ts";
import type { ExplainOptions } from "./explain/explain_options.ts";
import type { HealthOptions } from "./health/health_program.ts";
import type { ImportOptions } from "./import/import_options.ts";
import { CommandOutput } from "./console/output.ts";
import { readServeArguments } from "./settings/read_serve_arguments.ts";
import { missingPackage } from "./console/missing_package.ts";
import { notPermitted, unmetNeed } from "./console/unmet_need.ts";
import type { PasswdCommandName, PasswdOptions } from "./passwd/passwd.ts";
import type { RecordOptions, ReplayOptions } from "./record/record_program.ts";
import type { ServeOptions } from "./settings/serve_options.ts";
import type {
  ServiceCommandName,
  ServiceOptions,
} from "./service/service_program.ts";
import type { Signals } from "./serve/signals.ts";
import type { StatusOptions } from "./status/status_program.ts";
import type { StoreCommandName } from "./store/store.ts";
import type { StoreOptions } from "./store/store_options.ts";
import type { TraceOptions } from "./trace/trace_program.ts";
import type { UpgradeOptions } from "./upgrade/upgrade_program.ts";

const terminal = new CommandOutput(
  Deno.stdout,
  Deno.stderr,
  Deno.stderr.isTerminal(),
  Deno.stdout.isTerminal() && !Deno.noColor,
);

/** Calls `end` at Ctrl-C or SIGTERM; a second one ends the process. */
function onInterrupt(end: () => void): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    // Windows has no SIGTERM.
    if (signal === "SIGTERM" && Deno.build.os === "windows") continue;
    const once = () => {
      Deno.removeSignalListener(signal, once);
      end();
    };
    Deno.addSignalListener(signal, once);
  }
}

// Each command is loaded when it is called for: a start must not wait for
// what it does not need.
const commands = {
  check: async (options: CheckOptions) => {
    const { check } = await import("./check.ts");
    return check(options, Deno.env.toObject(), terminal);
  },
  store: async (
    name: StoreCommandName,
    file: string | undefined,
    options: StoreOptions,
  ) => {
    const { store } = await import("./store/store.ts");
    const { SystemClock } = await import("../clock/mod.ts");
    const environment = Deno.env.toObject();
    const clock = new SystemClock();
    return store(name, file, options, environment, terminal, clock);
  },
  explain: async (options: ExplainOptions) => {
    const { explain } = await import("./explain/explain.ts");
    return explain(options, Deno.env.toObject(), terminal);
  },
  trace: async (options: TraceOptions) => {
    const { trace } = await import("./trace/trace.ts");
    return trace(options, Deno.env.toObject(), terminal, onInterrupt);
  },
  record: async (
    file: string,
    filters: readonly string[],
    options: RecordOptions,
  ) => {
    const { record } = await import("./record/record.ts");
    const { SystemClock } = await import("../clock/mod.ts");
    const clock = new SystemClock();
    return record(file, filters, options, terminal, clock, onInterrupt);
  },
  replay: async (file: string, options: ReplayOptions) => {
    const { replay } = await import("./record/replay.ts");
    const { SystemClock } = await import("../clock/mod.ts");
    return replay(file, options, terminal, new SystemClock(), onInterrupt);
  },
  importMosquitto: async (file: string, options: ImportOptions) => {
    const { importMosquitto } = await import("./import/import.ts");
    return importMosquitto(file, options, terminal);
  },
  authority: async (
    name: AuthorityCommandName,
    argument: string | undefined,
    options: AuthorityOptions,
  ) => {
    const { authority } = await import("./authority/authority.ts");
    const { SystemClock } = await import("../clock/mod.ts");
    const environment = Deno.env.toObject();
    const clock = new SystemClock();
    return authority(name, argument, options, environment, terminal, clock);
  },
  status: async (options: StatusOptions) => {
    const { status } = await import("./status/status.ts");
    const { SystemClock } = await import("../clock/mod.ts");
    return status(options, Deno.env.toObject(), terminal, new SystemClock(), {
      isTerminal: Deno.stdout.isTerminal(),
      steer: (text) =>
        void Deno.stdout.writeSync(new TextEncoder().encode(text)),
      wait: (ms) => new Promise((resolve) => setTimeout(resolve, ms)),
    });
  },
  health: async (options: HealthOptions) => {
    const { health } = await import("./health/health.ts");
    const { SystemClock } = await import("../clock/mod.ts");
    const environment = Deno.env.toObject();
    return health(options, environment, terminal, new SystemClock());
  },
  upgrade: async (options: UpgradeOptions) => {
    const { upgrade } = await import("./upgrade/upgrade.ts");
    return upgrade(options, Deno.env.toObject(), terminal);
  },
  service: async (name: ServiceCommandName, options: ServiceOptions) => {
    const { service } = await import("./service/service.ts");
    const { presentProgram } = await import("./service/present_program.ts");
    const scene = {
      system: Deno.build.os,
      uid: Deno.uid(),
      environment: Deno.env.toObject(),
      program: presentProgram(Deno.execPath(), Deno.mainModule),
    };
    return service(name, options, scene, terminal);
  },
  completion: async (shell: Shell, program: Command) => {
    const { completion } = await import("./completion/completion.ts");
    return completion(shell, program, terminal);
  },
  admin: async (
    name: AdminCommandName,
    argument: string | undefined,
    options: AdminOptions,
  ) => {
    const { admin } = await import("./admin/admin.ts");
    const { browse } = await import("./admin/browse.ts");
    const { keyboard } = await import("./passwd/password_prompt.ts");
    const { SystemClock } = await import("../clock/mod.ts");
    return admin(name, argument, options, {
      environment: Deno.env.toObject(),
      keyboard,
      output: terminal,
      clock: new SystemClock(),
      browse,
    });
  },
  passwd: async (
    name: PasswdCommandName,
    file: string,
    user: string,
    options: PasswdOptions,
  ) => {
    const { passwd } = await import("./passwd/passwd.ts");
    const { keyboard } = await import("./passwd/password_prompt.ts");
    return passwd(name, file, user, options, keyboard, terminal);
  },
};

/** Runs the broker. */
async function serveWith(
  signals: Signals,
  options: ServeOptions,
): Promise<number> {
  const { serve } = await import("./serve/serve.ts");
  const ports = { out: Deno.stdout, err: Deno.stderr, signals };
  return await serve(options, Deno.env.toObject(), ports);
}

/**
 * Runs the command that `args` name. Resolves to the exit code. `signals` are
 * for the broker alone.
 */
export async function run(
  args: readonly string[],
  signals: Signals,
): Promise<number> {
  const need = unmetNeed();
  if (need !== null) {
    terminal.err(`dunlin: ${need}\n`);
    return 1;
  }
  const serve = (options: ServeOptions) => serveWith(signals, options);
  try {
    const options = readServeArguments(args);
    if (options !== undefined) return await serve(options);
    const { runProgram } = await import("./program.ts");
    const code = await runProgram(args, { ...commands, serve }, terminal);
    if (terminal.failure === null) return code;
    terminal.err(`dunlin: ${terminal.failure}\n`);
    return Math.max(1, code);
  } catch (error) {
    const reason = notPermitted(error) ?? missingPackage(error);
    if (reason === null) throw error;
    terminal.err(`dunlin: ${reason}\n`);
    return 1;
  }
}
