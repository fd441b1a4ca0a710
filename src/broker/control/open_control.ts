import type { RepeatedTroubles } from "../status/repeated_troubles.ts";
import type { Control, ControlParts } from "./control.ts";

/**
 * Opens the control socket at `path`, in a folder of this user alone. Returns null
 * where that fails, which `troubles` reports: the broker also works without it.
 */
export async function openControl(
  path: string,
  parts: Omit<ControlParts, "onTrouble">,
  troubles: RepeatedTroubles,
): Promise<Control | null> {
  const onTrouble = (error: Error) =>
    troubles.tell("control socket", error, "control-socket-failed");
  const { Control } = await import("./control.ts");
  try {
    return await Control.open(path, { ...parts, onTrouble });
  } catch (error) {
    onTrouble(error as Error);
    return null;
  }
}
