import { openSeal, sealPayload } from "../support/sealed_payload.ts";

/** A message as its publisher knows it. Times are those of `now()`; 0: not yet. */
export interface Published {
  /** Names it in accounts and in its payload. */
  readonly name: string;
  readonly publisher: string;
  readonly topic: string;
  readonly qos: 1 | 2;
  readonly retain: boolean;
  /** Ascends with each message of its publisher. */
  readonly order: number;
  readonly payload: string;
  /** When it was first sent. */
  readonly sentAt: number;
  /** Says that a session's subscriptions are being tried with it. */
  readonly isProbe: boolean;
  /** When PUBACK or PUBREC came with a success. */
  acknowledgedAt: number;
  /** The broker said that it will not take it (5.0). */
  refused: boolean;
}

/** A message as it came to a subscriber. */
export interface Occurrence {
  readonly message: Published;
  readonly at: number;
  /** The quality of service it came with. */
  readonly qos: number;
  /** Subscription identifiers it came with. */
  readonly identifiers: readonly number[];
  /** When the exchange was over: PUBACK or PUBCOMP sent; 0: not yet. */
  completedAt: number;
}

/** How the broker's life was ended. */
export type KillKind = "kill" | "freeze" | "loading" | "stop";

/** One end of the broker. */
export interface Kill {
  readonly kind: KillKind;
  /** When it could do nothing any more (or was asked to stop). */
  readonly at: number;
  /** When the last of what it had sent was read. */
  until: number;
}

/** What a disk does wrong: errors of reads, writes and syncs, or no byte that is free. */
export type FaultKind = "eio" | "full";

/** A time in which the disk did not work. */
export interface DiskFault {
  readonly kind: FaultKind;
  readonly at: number;
  /** When it worked again; Infinity: not yet. */
  until: number;
}

/** Keeps book: what was published, and how the broker's lives ended. */
export class Account {
  readonly #messages = new Map<string, Published>();
  readonly kills: Kill[] = [];
  readonly faults: DiskFault[] = [];
  /** What no client should see, in words. */
  readonly anomalies: string[] = [];
  readonly startedAt: number;

  constructor(startedAt: number) {
    this.startedAt = startedAt;
  }

  /** All messages, in the order they were made. */
  get messages(): Iterable<Published> {
    return this.#messages.values();
  }

  /** Enters a message; its payload seals its name and is `padding` longer. */
  enter(
    message: Omit<Published, "name" | "payload" | "acknowledgedAt" | "refused">,
    padding: number,
  ): Published {
    const name = `${message.publisher}:${message.order}`;
    const entered = {
      ...message,
      name,
      // An empty retained message removes: it has no place for a name.
      payload: padding < 0 ? "" : sealPayload(name, 40 + padding),
      acknowledgedAt: 0,
      refused: false,
    };
    this.#messages.set(name, entered);
    return entered;
  }

  /** The message whose payload this is; undefined: none was ever published. */
  find(payload: string): Published | undefined {
    if (payload === "") return undefined;
    const message = this.#messages.get(openSeal(payload));
    return message?.payload === payload ? message : undefined;
  }

  /** A time as told in accounts: ms since the round began. */
  tell(time: number): string {
    return time === 0 ? "never" : `${(time - this.startedAt).toFixed(1)} ms`;
  }
}
