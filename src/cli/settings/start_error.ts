import { SettingsError } from "../../config/mod.ts";
import { codeOf, type ErrorCode } from "../../errors/mod.ts";
import type { StoreError, StoreFault } from "../../store/mod.ts";
import { missingPackage } from "../console/missing_package.ts";
import { UnreadableFile } from "./read_settings.ts";
import { notPermitted } from "../console/unmet_need.ts";
import { UnwritableFile } from "../console/ready_file.ts";

/** Advice for a store that keeps the broker from starting. */
const advice: Readonly<Record<StoreFault, string>> = {
  locked: "stop that one, or give this one a store of its own with " +
    "--set storage.path=FOLDER (or none: --set storage.mode=memory)",
  taken: "see that one broker alone uses this store, then start it again",
  newer: "start that version again, or name another storage.path",
  corrupt: `put a backup in its place with "dunlin store restore FILE", or ` +
    `let the broker start empty with --set storage.on_corruption=set-aside`,
  failing: "see to it that this user may write there, or name another folder " +
    "with --set storage.path=FOLDER (or none: --set storage.mode=memory)",
  full: "make room on that disk, or name a folder on another one with " +
    "--set storage.path=FOLDER (or none: --set storage.mode=memory)",
  unwritten: "they are lost, all earlier changes are stored; make room on " +
    "that disk, or let this user write there, before the next start",
  missing: "name another storage.path",
};

/** Returns the code of an error that kept the broker from starting. */
export function startCode(error: unknown): ErrorCode {
  if (notPermitted(error) !== null) return "runtime-not-permitted";
  if (missingPackage(error) !== null) return "package-missing";
  return codeOf(error, "internal-error");
}

/**
 * Why the broker did not start, and what to do about it; our own mistakes are
 * shown with their stack.
 */
export function startError(error: unknown): string {
  if (error instanceof SettingsError || error instanceof UnreadableFile) {
    return `the settings cannot be used\n${error.message}`;
  }
  if (!(error instanceof Error)) return String(error);
  const reason = notPermitted(error) ?? missingPackage(error);
  if (reason !== null) return reason;
  // By its name: a start that stores nothing does not load the store.
  if (error.name === "StoreError") {
    const { message, fault, todo } = error as StoreError;
    return `${message}\n  ${todo ?? advice[fault]}`;
  }
  // The transport says what failed, where, and what to do about it.
  const isSaid = error.name === "ListenError" ||
    error.name === "CertificateStartError" ||
    ["AccessError", "AccessFileError", "AdminError"].includes(error.name) ||
    error instanceof UnwritableFile;
  return isSaid ? error.message : error.stack ?? error.message;
}
