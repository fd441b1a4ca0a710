import type { Context } from "../core/context.ts";
import { Session, type SessionOwner } from "./session.ts";

/** The end of a session that the disk still has. */
interface Ending {
  /** The batch that says so on disk. */
  readonly batch: number;
  /** Whether a QoS 2 message is lost or repeated if a crash brings it back. */
  readonly isHarmful: boolean;
}

/** All sessions by client id, attached and detached. */
export class Registry implements SessionOwner {
  /** What the sessions share. */
  readonly context: Context;
  readonly #sessions = new Map<string, Session>();
  /** Clients whose session ended, until the disk knows. */
  readonly #endings = new Map<string, Ending>();

  /** Has no session yet. */
  constructor(context: Context) {
    this.context = context;
  }

  /** How many sessions there are. */
  get size(): number {
    return this.#sessions.size;
  }

  /** The session of this client, if there is one. */
  get(clientId: string): Session | undefined {
    return this.#sessions.get(clientId);
  }

  /** All sessions; may be changed while it is walked. */
  all(): Iterable<Session> {
    return this.#sessions.values();
  }

  /** Makes the session of a client that has none. */
  create(clientId: string): Session {
    const session = new Session(clientId, this.context, this);
    this.#sessions.set(clientId, session);
    return session;
  }

  /** Forgets a session that has expired; before the store does. */
  remove(session: Session): void {
    const { clientId } = session;
    this.#sessions.delete(clientId);
    const { durability } = this.context;
    const { slot } = session;
    // What was never written cannot come back.
    if (!durability.hasSession(slot)) return;
    const { batch } = durability;
    const isHarmful = durability.mayReceiveAny(slot) ||
      session.queue.mayRepeat;
    const ending = { batch, isHarmful };
    this.#endings.set(clientId, ending);
    durability.onStored(batch, () => {
      if (this.#endings.get(clientId) === ending) {
        this.#endings.delete(clientId);
      }
    });
  }

  /** Takes back a session that was restored: its store is given up. */
  discard({ clientId }: Session): void {
    this.#sessions.delete(clientId);
  }

  /** Whether a crash now could bring back a session of this client. */
  isEnding(clientId: string): boolean {
    return this.#endings.has(clientId);
  }

  /**
   * Returns the batch that has to be on disk before this client begins anew; 0
   * for none. A crash before that brings back a session that takes new QoS 2
   * messages for some it has received, or sends some again that the client had.
   */
  batchToAwait(clientId: string): number {
    const ending = this.#endings.get(clientId);
    return ending?.isHarmful ? ending.batch : 0;
  }

  /** A client id that nobody has [MQTT-3.1.3-6]. */
  unusedClientId(longest: number): string {
    const length = Math.min(longest, 27);
    for (;;) {
      let id = length < 20 ? "" : "dunlin-";
      while (id.length < length) {
        id += Math.floor(this.context.random() * 36).toString(36);
      }
      if (!this.#sessions.has(id)) return id;
    }
  }
}
