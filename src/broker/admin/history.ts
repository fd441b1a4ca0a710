import type { HistoryFigures } from "../../admin/protocol/mod.ts";
import type { HandlerParts } from "./admin_parts.ts";

/** Returns the figures of the last hour. */
export async function history(
  _request: null,
  { figures }: HandlerParts,
): Promise<HistoryFigures> {
  // The page holds the recorder: this starts none, and ends none.
  const recorder = await figures.hold();
  figures.release();
  return recorder.history;
}
