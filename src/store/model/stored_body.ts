import type { Message } from "../../mqtt/mod.ts";

/** A message on disk, one for all entries that refer to it. */
export class StoredBody {
  /** Names it in records. */
  readonly number: number;
  /** The lasting message. */
  readonly message: Message;
  /** When it was first stored, in seconds of the store's own time. */
  readonly storedAt: number;
  /** Block in which its record begins. */
  block = 0;
  /** Bytes of that record. */
  bytes = 0;
  /** Number of entries on disk that refer to it; 0 = dead. */
  holders = 0;

  /** A body that is not on disk yet. */
  constructor(number: number, message: Message, storedAt: number) {
    this.number = number;
    this.message = message;
    this.storedAt = storedAt;
  }
}
