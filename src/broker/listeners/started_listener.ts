import type { ListenerSettings } from "../../config/mod.ts";
import type { Trust } from "../certificates/automatic_certificate.ts";

/** A listener that accepts connections. */
export interface StartedListener {
  /** As in the settings. */
  readonly name: string;
  /** As in the settings. */
  readonly type: ListenerSettings["type"];
  /** The address it listens on, or the socket's file, as in the settings. */
  readonly bind: string;
  /** The real one, where 0 was asked for; 0 for a socket file. */
  readonly port: number;
  /** True while the listener waits for its address. */
  readonly isWaiting?: true;
  /** The file that makes clients trust its automatic certificate. */
  readonly trust?: Trust;
}
