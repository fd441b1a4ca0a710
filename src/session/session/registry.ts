import type { Context } from "../core/context.ts";
import { Session, type SessionOwner } from "./session.ts";

/** The end of a session that is still on disk. */
interface Ending {
  /** The batch that has the end. */
  readonly batch: number;
  /** Whether the session would lose or repeat a QoS 2 message after a crash. */
  readonly isHarmful: boolean;
}

/** All sessions by client id, attached and detached. */
export class Registry implements SessionOwner {
  /** Objects that the sessions share. */
  readonly context: Context;
  readonly #sessions = new Map<string, Session>();
  /** Clients whose session has ended, until that is on disk. */
  readonly #endings = new Map<string, Ending>();

  /** Makes a registry without sessions. */
  constructor(context: Context) {
    this.context = context;
  }

  /** Returns the number of sessions. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Returns the session of this client, or undefined. */
  get(clientId: string): Session | undefined {
    return this.#sessions.get(clientId);
  }

  /** Returns all sessions; callers may change the registry meanwhile. */
  all(): Iterable<Session> {
    return this.#sessions.values();
  }

  /** Makes the session of a client that has none. */
  create(clientId: string): Session {
    const session = new Session(clientId, this.context, this);
    this.#sessions.set(clientId, session);
    return session;
  }

  /** Removes a session that has expired; before the store does. */
  remove(session: Session): void {
    const { clientId } = session;
    this.#sessions.delete(clientId);
    const { durability } = this.context;
    const { slot } = session;
    // A session that was never written cannot come back.
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

  /** Removes a restored session, whose store is given up. */
  discard({ clientId }: Session): void {
    this.#sessions.delete(clientId);
  }

  /** Returns whether a crash now could bring back a session of this client. */
  isEnding(clientId: string): boolean {
    return this.#endings.has(clientId);
  }

  /**
   * Returns the batch that has to be on disk before this client begins anew; 0
   * for none. A crash before that brings back a session that takes new QoS 2
   * messages for received ones, or repeats messages that the client has.
   */
  batchToAwait(clientId: string): number {
    const ending = this.#endings.get(clientId);
    return ending?.isHarmful ? ending.batch : 0;
  }

  /** Returns a client id without a session [MQTT-3.1.3-6]. */
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
