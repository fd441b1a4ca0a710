import type { LogPage, LogRequest } from "../../admin/protocol/mod.ts";
import type { HandlerParts } from "./admin_parts.ts";
import { logPage } from "./log_feed.ts";

/** Returns the next events of the log for a reader. */
export function readLogs(
  request: LogRequest,
  { logTail }: HandlerParts,
): LogPage {
  return logPage(request, logTail);
}
