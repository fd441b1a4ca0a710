import { ReasonCode } from "../../mqtt/mod.ts";
import type { CloseReason, Connection, Context } from "../../session/mod.ts";
import type { Ending, Judgement } from "../certificates/client_certificates.ts";
import type { ListenerHandle } from "./listener_handles.ts";

/** A connection, its listener, and the judgement of its certificate. */
export class ConnectionEntry implements Ending {
  readonly connection: Connection;
  /** Its listener. */
  readonly handle: ListenerHandle;
  /** Of its certificate; null where it was asked for none. */
  readonly judgement: Judgement | null;
  readonly #context: Context;

  /** `connection` has not been started yet. */
  constructor(
    connection: Connection,
    handle: ListenerHandle,
    judgement: Judgement | null,
  ) {
    this.connection = connection;
    this.handle = handle;
    this.judgement = judgement;
    this.#context = connection.context;
  }

  /** Ends the connection: its certificate is no longer accepted. */
  end(why: string): void {
    this.sendOff(
      "certificate-revoked",
      ReasonCode.NotAuthorized,
      `the certificate is no longer accepted: ${why}`,
    );
  }

  /** Ends it, outside of any pass of its own. */
  sendOff(why: CloseReason, code: ReasonCode, reason: string): void {
    this.#context.turn.begin(this.connection);
    this.connection.close(why, code, reason);
  }
}
