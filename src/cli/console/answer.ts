import { jsonText } from "./json_text.ts";
import type { Output } from "./output.ts";

/** The result of a command. */
export interface Answer {
  /** For people; lines with their ends. */
  readonly text: string;
  /** For programs. Never holds a private key. */
  readonly json: Readonly<Record<string, unknown>>;
  /** The exit code. @default 0 */
  readonly code?: 0 | 1;
}

/** Why a command could not do its work. */
export interface Failure {
  /** For people and programs: what is wrong, and what to do. */
  readonly message: string;
  /** For programs: a word that stays the same; null where there is none. */
  readonly fault?: string | null;
}

/**
 * Runs `work` and writes its answer: text, or JSON with `ok` where `isJson`.
 * Resolves to the exit code, 1 when `work` rejects. `failureOf` puts errors
 * into words.
 */
export async function writeAnswer(
  output: Output,
  isJson: boolean | undefined,
  work: () => Promise<Answer>,
  failureOf: (error: unknown) => Failure,
): Promise<0 | 1> {
  const asJson = (answer: Readonly<Record<string, unknown>>) =>
    output.out(jsonText(answer));
  try {
    const { text, json, code = 0 } = await work();
    if (isJson) asJson({ ok: code === 0, ...json });
    else output.out(text);
    return code;
  } catch (error) {
    const failure = failureOf(error);
    if (isJson) asJson({ ok: false, ...failure });
    else output.err(`dunlin: ${failure.message}\n`);
    return 1;
  }
}
