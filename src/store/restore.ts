import type { BatchEncoder } from "./batch_encoder.ts";
import { Category, type Ledger } from "./ledger.ts";
import type { Replay, ReplayedEntry, ReplayedSession } from "./replay.ts";
import { SessionSlot } from "./session_slot.ts";
import type { StoredSession } from "./state.ts";
import type { Restorer } from "./store.ts";
import { StoreError } from "./store_error.ts";

/** Entries and subscriptions restored before sockets get their turn. */
const SLICE = 10_000;

const NONE: readonly number[] = [];

/** What was restored. */
export interface Restored {
  sessions: number;
  subscriptions: number;
  entries: number;
}

/**
 * Builds sessions, subscriptions and entries from a log played to its end, and
 * enters all of them in the books. It gives way between slices.
 */
export async function restore(
  replay: Replay,
  into: Restorer,
  ledger: Ledger,
  encoder: BatchEncoder,
): Promise<Restored> {
  distribute(replay);
  const restored = { sessions: 0, subscriptions: 0, entries: 0 };
  let work = 0;
  for (const [number, stored] of replay.sessions) {
    const session = makeSession(number, stored, into, ledger, replay);
    makeSubscriptions(session, stored, into, ledger);
    makeEntries(session, stored, into, ledger, replay);
    restored.sessions++;
    restored.subscriptions += stored.subscriptions.length;
    restored.entries += stored.entries.length;
    work += 1 + stored.subscriptions.length + stored.entries.length;
    if (work < SLICE) continue;
    work = 0;
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const body of replay.bodies.values()) {
    if (body.holders === 0) continue;
    encoder.bodies.set(body.message, body);
    ledger.at(body.block).bodies.push(body);
    ledger.bodies += body.bytes;
  }
  encoder.sessions = restored.sessions;
  ledger.estimateAnew();
  return restored;
}

/** Gives each session what is its own; what names none is dead. */
function distribute(replay: Replay): void {
  for (const subscription of replay.subscriptions.values()) {
    replay.sessions.get(subscription.fields.session)
      ?.subscriptions.push(subscription);
  }
  for (const entry of replay.entries.values()) {
    replay.sessions.get(entry.fields.session)?.entries.push(entry);
  }
}

function makeSession(
  number: number,
  stored: ReplayedSession,
  into: Restorer,
  ledger: Ledger,
  replay: Replay,
): StoredSession {
  const held = replay.received.get(number);
  const received = held === undefined ? NONE : [...held.ids];
  const session = into.session({ ...stored.fields, received });
  const slot = new SessionSlot(number, session);
  session.slot = slot;
  slot.block = stored.block;
  const account = ledger.at(stored.block);
  account.slots.push(slot);
  account.live[Category.Session]++;
  if (held !== undefined && held.ids.size > 0) {
    slot.receivedStored = held.ids;
    slot.receivedBlock = held.block;
    const home = ledger.at(held.block);
    home.received.push(slot);
    home.live[Category.Session]++;
  }
  return session;
}

function makeSubscriptions(
  session: StoredSession,
  stored: ReplayedSession,
  into: Restorer,
  ledger: Ledger,
): void {
  for (const { fields, block } of stored.subscriptions) {
    const { filter, group, options } = fields;
    const made = into.subscription(session, filter, group, options);
    made.number = fields.number;
    made.block = block;
    const account = ledger.at(block);
    account.subscriptions.push(made);
    account.live[Category.Session]++;
  }
}

function makeEntries(
  session: StoredSession,
  stored: ReplayedSession,
  into: Restorer,
  ledger: Ledger,
  replay: Replay,
): void {
  const { entries } = stored;
  // The numbers follow the order of queueing, whatever was written again since.
  if (!isSorted(entries)) entries.sort((a, b) => a.number - b.number);
  for (const { number, fields, body: bodyNumber, block } of entries) {
    const body = replay.bodies.get(bodyNumber) ?? null;
    if (body === null && bodyNumber !== 0) {
      throw new StoreError("corrupt", `message ${bodyNumber} is missing`);
    }
    const message = body === null ? null : body.message;
    const made = into.entry(session, {
      message,
      qos: fields.qos,
      retain: fields.retain,
      packetId: fields.packetId,
      identifiers: fields.identifiers,
      group: fields.group,
    });
    made.number = number;
    made.block = block;
    made.body = body;
    if (body !== null) body.holders++;
    const account = ledger.at(block);
    account.entries.push(made);
    account.live[Category.Entry]++;
  }
}

function isSorted(entries: readonly ReplayedEntry[]): boolean {
  for (let i = 1; i < entries.length; i++) {
    if (entries[i].number < entries[i - 1].number) return false;
  }
  return true;
}
