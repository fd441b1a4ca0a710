import {
  completeSettings,
  describeProblem,
  problemAt,
  SettingsError,
  storagePath,
  VERSION,
} from "../../config/mod.ts";
import { SCHEMA, StoreError } from "../../store/mod.ts";
import { type Answer, writeAnswer } from "../console/answer.ts";
import type { Output } from "../console/output.ts";
import { readSettings } from "../settings/read_settings.ts";
import { startError } from "../settings/start_error.ts";
import { inThread } from "../store/store_thread.ts";
import { changedMeanings } from "./changed_meanings.ts";
import type { UpgradeOptions } from "./upgrade_program.ts";

type Environment = Readonly<Record<string, string>>;

/** The first bytes of each store: it is a file of SQLite. */
const STORE = "SQLite format 3\0";

/**
 * Runs `dunlin upgrade --check FILE`. Resolves to the exit code: 0 when this
 * version reads the file, 1 when not, with the reason. Changes nothing.
 */
export async function upgrade(
  { check, json }: UpgradeOptions,
  environment: Environment,
  output: Output,
): Promise<0 | 1> {
  const work = async () => {
    const path = await storeIn(check, environment);
    if (path !== null) return await checkStore(path);
    return await checkSettings(check, environment);
  };
  return await writeAnswer(output, json, work, (error) => {
    if (error instanceof SettingsError) {
      const message = `${check}: ${VERSION} does not accept these settings:\n` +
        error.message;
      return { fault: error.code, message };
    }
    if (!(error instanceof StoreError)) {
      return { fault: null, message: startError(error) };
    }
    const { fault, message, todo } = error;
    return {
      fault,
      message: todo === null ? message : `${message}\n  ${todo}`,
    };
  });
}

/** Returns the path of the store that `path` is or has; null for other files. */
async function storeIn(
  path: string,
  environment: Environment,
): Promise<string | null> {
  try {
    const { isDirectory } = await Deno.stat(path);
    if (isDirectory) {
      return storagePath(completeSettings({ storage: { path } }), environment);
    }
    using file = await Deno.open(path);
    const bytes = new Uint8Array(STORE.length);
    const count = await file.read(bytes) ?? 0;
    const first = new TextDecoder().decode(bytes.subarray(0, count));
    return first === STORE ? path : null;
  } catch {
    // Reading the settings says what is wrong.
    return null;
  }
}

async function checkStore(path: string): Promise<Answer> {
  const { schema } = await inThread("verify", [path]);
  // An empty store has no schema yet.
  const isOlder = schema !== 0 && schema < SCHEMA;
  const text = isOlder
    ? `${path}: a sound store of schema ${schema}; ${VERSION} reads it\n` +
      `  the first start migrates it to schema ${SCHEMA}, which earlier ` +
      "versions refuse\n" +
      '  make a backup before: "dunlin store backup FILE"\n'
    : `${path}: a sound store of schema ${
      schema || SCHEMA
    }; ${VERSION} reads ` +
      "it as it is\n";
  const migratesTo = isOlder ? SCHEMA : null;
  return { text, json: { kind: "store", path, schema, migratesTo } };
}

async function checkSettings(
  file: string,
  environment: Environment,
): Promise<Answer> {
  const { settings, find } = await readSettings({ config: file }, environment);
  const { parse } = await import("smol-toml");
  const given = parse(await Deno.readTextFile(file));
  const changes = changedMeanings(given, settings).map(
    ({ path, since, text }) => ({ since, ...problemAt(path, text, find) }),
  );
  const lines = changes.map(({ since, ...change }) => {
    const message = `since ${since}: ${change.message}`;
    return `  ${describeProblem({ ...change, message })}\n`;
  });
  const count = changes.length;
  const said = count === 0
    ? "no setting in it has changed its meaning"
    : `${count} ${count === 1 ? "setting has" : "settings have"} changed ` +
      "since an earlier version";
  const text = `${file}: ${VERSION} reads these settings; ${said}\n` +
    lines.join("");
  return { text, json: { kind: "settings", file, changes } };
}
