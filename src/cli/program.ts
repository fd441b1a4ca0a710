import { Command, CommanderError, Option } from "commander";
import { closest, VERSION } from "../config/mod.ts";
import {
  addAuthority,
  type RunAuthority,
} from "./authority/authority_program.ts";
import type { CheckOptions } from "./check.ts";
import {
  addCompletion,
  type RunCompletion,
} from "./completion/completion_program.ts";
import { addExplain, type RunExplain } from "./explain/explain_program.ts";
import { addHealth, type RunHealth } from "./health/health_program.ts";
import { addImport, type RunImport } from "./import/import_program.ts";
import { withMeant } from "./meant_words.ts";
import { addCommand, repeated } from "./console/commands.ts";
import type { Output } from "./console/output.ts";
import { addAdmin, type RunAdmin } from "./admin/admin_program.ts";
import { addPasswd, type RunPasswd } from "./passwd/passwd_program.ts";
import {
  type OptionRow,
  serveOptionRows,
  type ServeOptions,
} from "./settings/serve_options.ts";
import { addStatus, type RunStatus } from "./status/status_program.ts";
import {
  addRecord,
  type RunRecord,
  type RunReplay,
} from "./record/record_program.ts";
import { addService, type RunService } from "./service/service_program.ts";
import { addStore, type RunStore } from "./store/store_program.ts";
import { addTrace, type RunTrace } from "./trace/trace_program.ts";
import { addUpgrade, type RunUpgrade } from "./upgrade/upgrade_program.ts";

/** The commands; each resolves to its exit code. */
export interface Commands {
  /** `dunlin serve`. */
  readonly serve: (options: ServeOptions) => Promise<number>;
  /** `dunlin check`. */
  readonly check: (options: CheckOptions) => Promise<number>;
  /** `dunlin store ...`. */
  readonly store: RunStore;
  /** `dunlin passwd ...`. */
  readonly passwd: RunPasswd;
  /** `dunlin admin ...`. */
  readonly admin: RunAdmin;
  /** `dunlin ca ...` and `dunlin cert ...`. */
  readonly authority: RunAuthority;
  /** `dunlin import`. */
  readonly importMosquitto: RunImport;
  /** `dunlin explain`. */
  readonly explain: RunExplain;
  /** `dunlin trace`. */
  readonly trace: RunTrace;
  /** `dunlin record`. */
  readonly record: RunRecord;
  /** `dunlin replay`. */
  readonly replay: RunReplay;
  /** `dunlin health`. */
  readonly health: RunHealth;
  /** `dunlin status`. */
  readonly status: RunStatus;
  /** `dunlin upgrade`. */
  readonly upgrade: RunUpgrade;
  /** `dunlin service ...`. */
  readonly service: RunService;
  /** `dunlin completion`. */
  readonly completion: RunCompletion;
}

const PRECEDENCE = `
Settings come from four sources; each overrides those above it:
  1. the defaults: MQTT on 127.0.0.1:1883
  2. the configuration file
  3. the environment: DUNLIN_LIMITS__MAX_INFLIGHT=20 is limits.max_inflight,
     DUNLIN_LISTENER__0__PORT=1884 the first listener's port
  4. the command line: --set limits.max_inflight=20, --port 1884
Values are TOML; a single word needs no quotes.
"dunlin check --print" prints the settings that result.
`;

function optionOf(row: OptionRow): Option {
  const short = row.short === undefined ? "" : `-${row.short}, `;
  const value = row.value === undefined ? "" : ` <${row.value}>`;
  const flags = `${short}--${row.name}${value}`;
  return row.repeats ? repeated(flags, row.doc) : new Option(flags, row.doc);
}

/** Resolves a command's exit code, which commander itself does not pass on. */
type OnCode = (code: number) => void;

function newProgram(
  output: Output,
  command: string | undefined,
): Command {
  return new Command("dunlin")
    .description("An MQTT 3.1, 3.1.1 and 5.0 broker.")
    .version(
      `dunlin ${VERSION}`,
      "-V, --version",
      "show the version; --verbose adds commit, runtime and kind",
    )
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show a command's help")
    .exitOverride()
    .configureOutput({
      writeOut: output.out,
      writeErr: output.err,
      outputError: (text, write) => write(withMeant(text, command)),
    })
    .addHelpText(
      "after",
      `
Without a command dunlin runs the broker: "dunlin --port 1884" on that port.
"dunlin help serve" shows all options.`,
    );
}

function addServe(
  program: Command,
  serve: Commands["serve"],
  onCode: OnCode,
): void {
  const command = addCommand(program, "serve", "run the broker", PRECEDENCE)
    .alias("start")
    .action(async (options: ServeOptions) => onCode(await serve(options)));
  for (const row of serveOptionRows) command.addOption(optionOf(row));
}

function addCheck(
  program: Command,
  check: Commands["check"],
  onCode: OnCode,
): void {
  const doc = "check a configuration without starting";
  const command = addCommand(program, "check", doc, PRECEDENCE)
    .argument("[FILE]", "configuration file (or DUNLIN_CONFIG)")
    .option("--print", "print the settings that result, as TOML")
    .option(
      "--diff [USED]",
      "print what would change for a broker that runs with the file USED, " +
        "or without USED for the broker that runs on this store",
    )
    .option("--json", "answer in JSON")
    .action(async (file: string | undefined, options: CheckOptions) => {
      if (file !== undefined && options.config !== undefined) {
        command.error("error: name the file once, as FILE or with --config");
      }
      const named = file === undefined ? {} : { config: file };
      onCode(await check({ ...options, ...named }));
    });
  for (const row of serveOptionRows) {
    if (row.name !== "ready-file") command.addOption(optionOf(row));
  }
}

/**
 * Returns the program with all its commands; `onCode` gets an exit code. `first`
 * is the first word of the command line.
 */
export function programOf(
  commands: Commands,
  output: Output,
  onCode: OnCode,
  first?: string,
): Command {
  const program = newProgram(output, first);
  addServe(program, commands.serve, onCode);
  addCheck(program, commands.check, onCode);
  addStore(program, commands.store, onCode);
  addAuthority(program, commands.authority, onCode);
  addImport(program, commands.importMosquitto, onCode);
  addExplain(program, commands.explain, onCode);
  addTrace(program, commands.trace, onCode);
  addRecord(program, commands.record, commands.replay, onCode);
  addPasswd(program, commands.passwd, onCode);
  addAdmin(program, commands.admin, onCode);
  addStatus(program, commands.status, onCode);
  addHealth(program, commands.health, onCode);
  addUpgrade(program, commands.upgrade, onCode);
  addService(program, commands.service, onCode);
  addCompletion(program, commands.completion, onCode);
  return program;
}

/**
 * Reads a command line with commander and runs its command. Resolves to the
 * exit code: that of the command; 0 after help or version; 2 for a mistake,
 * which `output.err` gets with the probable intention.
 */
export async function runProgram(
  args: readonly string[],
  commands: Commands,
  output: Output,
): Promise<number> {
  if (asksForBuild(args)) {
    const { versionReport } = await import("./version_report.ts");
    output.out(await versionReport());
    return 0;
  }
  let code = 0;
  const onCode = (result: number) => {
    code = result;
  };
  const program = programOf(commands, output, onCode, args[0]);
  try {
    await program.parseAsync(withCommand(helpOf(program, args)), {
      from: "user",
    });
    return code;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
}

/** Returns whether these are `--version` and `--verbose`, in either order. */
function asksForBuild(args: readonly string[]): boolean {
  const isVersion = args.includes("--version") || args.includes("-V");
  return args.length === 2 && isVersion && args.includes("--verbose");
}

/** `help cert issue` as `cert issue --help`, which commander reads deeper. */
function helpOf(program: Command, args: readonly string[]): readonly string[] {
  const [first, ...names] = args;
  const isNamed = names.length > 0 && !/^(-.*|help)$/.test(names[0]);
  if (first !== "help" || !isNamed) return args;
  let at = program;
  for (const name of names) {
    const found = at.commands.find((one) =>
      one.name() === name || one.aliases().includes(name)
    );
    if (found === undefined) {
      const near = closest(name, at.commands.map((one) => one.name()));
      const hint = near === undefined ? "" : `\n(Did you mean ${near}?)`;
      program.error(`error: unknown command '${name}'${hint}`);
    }
    at = found;
  }
  return [...names, "--help"];
}

/** Options without a command are those of `serve`. */
function withCommand(args: readonly string[]): string[] {
  const first = args[0];
  const own = ["-h", "--help", "-V", "--version"];
  const isBare = first === undefined || first.startsWith("-");
  return isBare && !own.includes(first) ? ["serve", ...args] : [...args];
}
