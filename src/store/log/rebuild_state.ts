import type { Blocks } from "../blocks/blocks.ts";
import { BlockReader } from "../blocks/block_reader.ts";
import type { BatchEncoder } from "./batch_encoder.ts";
import { type BlockAccount, Category, type Ledger } from "./ledger.ts";
import { type LoggedSession, Replay } from "./replay.ts";
import { SessionSlot, type StoredSession } from "../model/state.ts";
import type { Restorer } from "../model/store.ts";
import { StoreError } from "../base/store_error.ts";
import { nextTurn } from "../base/next_turn.ts";

/** Things restored before sockets get their turn. */
const SLICE = 5000;

const NONE: readonly number[] = [];

/** Numbers of restored things. */
export interface Restored {
  sessions: number;
  subscriptions: number;
  entries: number;
}

/** Sessions that were restored, by number. */
type Sessions = ReadonlyMap<number, StoredSession>;

/**
 * Builds sessions, subscriptions and entries from a complete replay, and enters
 * them in the ledger. Lets sockets work between slices.
 */
export async function restore(
  replay: Replay,
  into: Restorer,
  ledger: Ledger,
  encoder: BatchEncoder,
): Promise<Restored> {
  const sessions = new Map<number, StoredSession>();
  await inSlices(replay.sessions, ([number, logged]) => {
    sessions.set(number, makeSession(number, logged, into, ledger, replay));
    return true;
  });
  const subscriptions = await makeSubscriptions(replay, sessions, into, ledger);
  const entries = await makeEntries(replay, sessions, into, ledger);
  await inSlices(replay.bodies.drain(), (body) => {
    if (body.holders === 0) return false;
    encoder.bodies.set(body.message, body);
    ledger.at(body.block).bodies.push(body);
    ledger.bodies += body.bytes;
    return true;
  });
  encoder.sessions = sessions.size;
  ledger.estimateAnew();
  return { sessions: sessions.size, subscriptions, entries };
}

/** Calls `make` with all `things`; returns how often it returned true. */
async function inSlices<T>(
  things: Iterable<T>,
  make: (thing: T) => boolean,
): Promise<number> {
  let made = 0;
  let work = 0;
  for (const thing of things) {
    if (make(thing)) made++;
    if (++work % SLICE !== 0) continue;
    await nextTurn();
  }
  return made;
}

function makeSession(
  number: number,
  { fields, block }: LoggedSession,
  into: Restorer,
  ledger: Ledger,
  replay: Replay,
): StoredSession {
  const held = replay.received.get(number);
  const received = held === undefined ? NONE : [...held.ids];
  const session = into.session({ ...fields, received });
  const slot = new SessionSlot(number, session);
  session.slot = slot;
  slot.block = block;
  const account = ledger.at(block);
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

/** One thing of a session in the log. */
interface Logged {
  readonly session: number;
  readonly number: number;
  readonly block: number;
}

/** Makes things of one kind, and enters them in the ledger. */
interface Making<
  L extends Logged,
  M extends { number: number; block: number },
> {
  readonly category: Category;
  make(session: StoredSession, logged: L): M;
  home(account: BlockAccount): M[];
}

/** A thing without its session is dead: the session ended. */
function makeThings<
  L extends Logged,
  M extends { number: number; block: number },
>(
  things: Iterable<L>,
  sessions: Sessions,
  ledger: Ledger,
  how: Making<L, M>,
): Promise<number> {
  return inSlices(things, (logged) => {
    const session = sessions.get(logged.session);
    if (session === undefined) return false;
    const made = how.make(session, logged);
    made.number = logged.number;
    made.block = logged.block;
    const account = ledger.at(logged.block);
    how.home(account).push(made);
    account.live[how.category]++;
    return true;
  });
}

function makeSubscriptions(
  replay: Replay,
  sessions: Sessions,
  into: Restorer,
  ledger: Ledger,
): Promise<number> {
  return makeThings(replay.subscriptions(), sessions, ledger, {
    category: Category.Session,
    make: (session, { filter, group, options }) =>
      into.subscription(session, filter, group, options),
    home: (account) => account.subscriptions,
  });
}

/**
 * Numbers follow the order of queueing, also after a rewrite. So each session
 * gets its entries in order.
 */
function makeEntries(
  replay: Replay,
  sessions: Sessions,
  into: Restorer,
  ledger: Ledger,
): Promise<number> {
  return makeThings(replay.entries(), sessions, ledger, {
    category: Category.Entry,
    make: (session, logged) => {
      const body = replay.bodies.get(logged.body) ?? null;
      if (body !== null) {
        body.holders++;
        logged.message = body.message;
      } else if (logged.body !== 0) {
        throw new StoreError(
          "corrupt",
          `message ${logged.body} of a queued entry is missing`,
        );
      }
      const made = into.entry(session, logged);
      made.body = body;
      return made;
    },
    home: (account) => account.entries,
  });
}

/** The result of reading a log. */
export interface ReadLog extends Restored {
  /** Retained messages. */
  readonly retained: number;
  /** Bytes read. */
  readonly bytes: number;
}

/**
 * Reads the log in `blocks` to its end: restores the state, and enters all that
 * lives in the ledger. Moves the encoder's next number beyond all numbers in the
 * log: a head behind the records would assign one twice.
 *
 * @throws {StoreError} `corrupt`.
 */
export async function readLog(
  blocks: Blocks,
  into: Restorer,
  ledger: Ledger,
  encoder: BatchEncoder,
): Promise<ReadLog> {
  const { numbers, shift } = encoder;
  const replay = new Replay(ledger, into, shift);
  const reader = new BlockReader(replay);
  let bytes = 0;
  await blocks.read((block) => {
    ledger.sealed(block.number, block.bytes.length);
    bytes += block.bytes.length;
    reader.block(block);
  });
  reader.end(blocks.head);
  const restored = await restore(replay, into, ledger, encoder);
  numbers.next = Math.max(numbers.next, replay.greatest + 1);
  return { ...restored, retained: replay.retained, bytes };
}
