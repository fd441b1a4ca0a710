import assert from "node:assert/strict";
import fc from "fast-check";
import { clientWalk } from "../../src/broker/lists/clients/client_list.ts";
import type { RowSources } from "../../src/broker/lists/clients/client_row.ts";
import {
  type LevelRow,
  levelWalk,
  RetainedSearch,
} from "../../src/broker/lists/retained/retained_list.ts";
import {
  RetainedCount,
  RetainedDeletion,
} from "../../src/broker/lists/retained/retained_changes.ts";
import { groupWalk } from "../../src/broker/lists/subscriptions/group_list.ts";
import { subscriptionWalk } from "../../src/broker/lists/subscriptions/subscription_list.ts";
import type { ListPage } from "../../src/broker/lists/walk/sorted_walk.ts";
import type { Walk } from "../../src/broker/lists/walk/walks.ts";
import { Message, Topic, topicMatches } from "../../src/mqtt/mod.ts";
import { SubscriptionCursor } from "../../src/router/reading/mod.ts";
import { ListedSessions } from "./listed_sessions.ts";

const RUNS = { numRuns: 300 };
const OPTIONS = {
  qos: 0,
  noLocal: false,
  retainAsPublished: false,
  retainHandling: 0,
  identifier: 0,
} as const;
const IDS = [..."abcdefghij"];
const FILTERS = ["t/u", "t/#", "#", "+/u", "x"];
const TOPICS = ["t", "t/u", "u", "u/a", "u/b", "u/c", "u/d", "/"];
const SOURCES: RowSources = {
  dateOf: String,
  typeOf: () => null,
  endsOf: () => [],
};

/** A change of the registry between two turns. */
type Change =
  | {
    readonly kind: "come" | "go";
    readonly id: string;
    readonly value: number;
  }
  | {
    readonly kind: "subscribe" | "unsubscribe";
    readonly id: string;
    readonly filter: string;
    readonly group: string | null;
  };

const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({
    kind: fc.constantFrom("come" as const, "come" as const, "go" as const),
    id: fc.constantFrom(...IDS),
    value: fc.nat(3),
  }),
  fc.record({
    kind: fc.constantFrom(
      "subscribe" as const,
      "subscribe" as const,
      "unsubscribe" as const,
    ),
    id: fc.constantFrom("a", "a", ...IDS.slice(0, 5)),
    filter: fc.constantFrom(...FILTERS),
    group: fc.constantFrom(null, null, null, "g", "h"),
  }),
);
/** Many clients, each with some subscriptions. */
const population = fc.array(
  fc.record({
    kind: fc.constant("subscribe" as const),
    id: fc.constantFrom(...IDS),
    filter: fc.constantFrom(...FILTERS),
    group: fc.constantFrom(null, null, null, "g", "h"),
  }),
  { minLength: 20, maxLength: 80, size: "max" },
).map((subscriptions): Change[] => [
  ...IDS.map((id) => ({ kind: "come" as const, id, value: 0 })),
  ...subscriptions,
]);
const changes = (maxLength: number) => fc.array(change, { maxLength });

/** What happens between two turns of a walk, and units of the next turn. */
const turns = fc.array(
  fc.record({ changes: changes(4), units: fc.integer({ min: 1, max: 12 }) }),
  { minLength: 1, maxLength: 12 },
);

function apply(world: ListedSessions, one: Change): void {
  const { registry, context: { router } } = world;
  const session = registry.get(one.id);
  if ("filter" in one) {
    const { filter, group } = one;
    if (session === undefined) return;
    if (one.kind === "unsubscribe") router.unsubscribe(session, filter, group);
    else router.subscribe(session, filter, group, OPTIONS);
    return;
  }
  // A clean start makes another session under the same id.
  session?.end();
  if (one.kind === "come") registry.create(one.id).expiryInterval = one.value;
}

/** Keys of all things of a kind that are there now. */
type Look = () => ReadonlyMap<string, unknown>;

/**
 * Runs `walk`, with changes between its turns. Returns the things that were there
 * all the time, as they were, and all that ever were.
 */
function run(
  walk: Walk,
  between: readonly {
    readonly units: number;
    readonly acts: readonly (() => void)[];
  }[],
  look: Look,
): { stayed: Map<string, unknown>; everSeen: Set<string> } {
  const stayed = new Map(look());
  const everSeen = new Set(stayed.keys());
  for (let turn = 0;; turn++) {
    const { units, acts } = between[turn % between.length];
    if (!walk.go({ left: units })) return { stayed, everSeen };
    assert.ok(turn < 10_000, "the walk ends");
    if (turn >= between.length) continue;
    for (const act of acts) {
      act();
      const now = look();
      for (const [key, value] of stayed) {
        if (now.get(key) !== value) stayed.delete(key);
      }
      for (const key of now.keys()) everSeen.add(key);
    }
  }
}

/** Checks one page of a list whose rows have the keys `keysOf`. */
function checkPage<Row>(
  { page: { rows, next } }: { readonly page: ListPage },
  { stayed, everSeen }: ReturnType<typeof run>,
  { keyOf, before, isAfter }: {
    readonly keyOf: (row: Row) => string;
    /** Whether `a` stands before `b` or at its place. */
    readonly before: (a: string, b: string) => boolean;
    readonly isAfter: (key: string) => boolean;
  },
): string[] {
  const keys = rows.map((row) => keyOf(JSON.parse(row) as Row));
  assert.equal(new Set(keys).size, keys.length, `twice: ${keys}`);
  for (const key of keys) assert.ok(everSeen.has(key), `never there: ${key}`);
  for (let i = 1; i < keys.length; i++) {
    assert.ok(before(keys[i - 1], keys[i]), `not in order: ${keys}`);
  }
  const last = keys.at(-1);
  for (const key of stayed.keys()) {
    if (!isAfter(key)) continue;
    if (next !== null && !before(key, last!)) continue;
    assert.ok(keys.includes(key), `missing: ${key} of ${keys}`);
  }
  return keys;
}

const byText = (a: string, b: string) => a <= b;

Deno.test("lists of clients: no client twice, none missing that was there all the time", () => {
  fc.assert(
    fc.property(
      changes(30),
      turns,
      fc.integer({ min: 1, max: 6 }),
      fc.constantFrom("id", "expiry", "-expiry"),
      (first, between, limit, sort) => {
        const world = new ListedSessions();
        try {
          for (const one of first) apply(world, one);
          // The value is part of the key: another value is another place.
          const keyOf = ({ id, expiry }: { id: string; expiry: number }) =>
            sort === "id"
              ? id
              : `${sort === "expiry" ? expiry : 9 - expiry}${id}`;
          const look = () => {
            const found = new Map<string, unknown>();
            for (const session of world.registry.all()) {
              const { clientId: id, expiryInterval: expiry } = session;
              found.set(keyOf({ id, expiry }), session);
            }
            return found;
          };
          let after: string | undefined;
          let end = "";
          for (let page = 0; page < 20; page++) {
            const walk = clientWalk(
              world.registry,
              { limit, sort, after },
              SOURCES,
            );
            const from = end;
            const result = run(
              walk,
              between.map(({ units, changes }) => ({
                units,
                acts: changes.map((one) => () => apply(world, one)),
              })),
              look,
            );
            const keys = checkPage(walk, result, {
              keyOf,
              before: byText,
              isAfter: (key) => key > from,
            });
            if (walk.page.next === null) return;
            after = walk.page.next;
            end = keys.at(-1)!;
            assert.ok(end > from, "a page goes on behind the one before");
          }
        } finally {
          world.stop();
        }
      },
    ),
    RUNS,
  );
});

interface SubscriptionKey {
  readonly client: string;
  readonly filter: string;
}

Deno.test("lists of subscriptions: none twice, none missing that was there all the time", () => {
  fc.assert(
    fc.property(
      population,
      turns,
      fc.constantFrom({}, { topic: "t/u" }, { client: "a" }, { shared: true }),
      fc.integer({ min: 1, max: 30 }),
      (first, between, query, limit) => {
        const world = new ListedSessions();
        const { registry, context: { router } } = world;
        try {
          for (const one of first) apply(world, one);
          const look = () => {
            const found = new Map<string, unknown>();
            for (const session of registry.all()) {
              const cursor = new SubscriptionCursor(router.table, session);
              while (!cursor.done) {
                const one = cursor.step();
                if (one === null || !isAsked(one)) continue;
                const group = one.share === null ? "" : `$share/${one.share}/`;
                // A replaced subscription is the same one: it has its number.
                const key = `${session.clientId} ${group}${one.filter}`;
                found.set(key, one.sequence);
              }
            }
            return found;
          };
          const isAsked = (
            { filter, share, subscriber }: {
              filter: string;
              share: string | null;
              subscriber: { clientId: string };
            },
          ) =>
            (!("topic" in query) || topicMatches(filter, query.topic!)) &&
            (!("client" in query) || subscriber.clientId === query.client) &&
            (!("shared" in query) || share !== null);
          const walk = subscriptionWalk(registry, { ...query, limit });
          const result = run(
            walk,
            between.map(({ units, changes }) => ({
              units,
              acts: changes.map((one) => () => apply(world, one)),
            })),
            look,
          );
          checkPage(walk, result, {
            keyOf: ({ client, filter }: SubscriptionKey) =>
              `${client} ${filter}`,
            before: byText,
            isAfter: () => true,
          });
        } finally {
          world.stop();
        }
      },
    ),
    RUNS,
  );
});

Deno.test("a cursor over subscriptions visits no filter twice", () => {
  fc.assert(
    fc.property(population, turns, (first, between) => {
      const world = new ListedSessions();
      const { registry, context: { router } } = world;
      try {
        for (const one of first) apply(world, one);
        const session = registry.get("a")!;
        const cursor = new SubscriptionCursor(router.table, session);
        const found: string[] = [];
        for (let turn = 0; !cursor.done; turn++) {
          const one = cursor.step();
          if (one !== null) found.push(`${one.share} ${one.filter}`);
          if (turn >= between.length) continue;
          for (const one of between[turn].changes) {
            // Unsubscribing and subscribing again makes another subscription.
            if (one.kind === "subscribe") apply(world, one);
          }
        }
        assert.equal(new Set(found).size, found.length, found.join());
      } finally {
        world.stop();
      }
    }),
    RUNS,
  );
});

Deno.test("lists of shared groups: none twice, none missing that was there all the time", () => {
  fc.assert(
    fc.property(
      population,
      turns,
      fc.integer({ min: 1, max: 12 }),
      (first, between, limit) => {
        const world = new ListedSessions();
        const { registry, context: { router } } = world;
        try {
          for (const one of first) apply(world, one);
          const look = () => {
            const found = new Map<string, unknown>();
            for (const filter of FILTERS) {
              for (const name of ["g", "h"]) {
                const group = router.table.group(filter, name);
                // Found at its members: one of them has to stay.
                const stays = group?.members.items.find(({ subscriber }) =>
                  subscriber.clientId === "a"
                );
                if (group !== null) {
                  found.set(`${name} $share/${name}/${filter}`, stays);
                }
              }
            }
            return found;
          };
          const walk = groupWalk(registry, { limit, sort: "name" });
          const result = run(
            walk,
            between.map(({ units, changes }) => ({
              units,
              acts: changes.map((one) => () => apply(world, one)),
            })),
            look,
          );
          for (const [key, member] of result.stayed) {
            if (member === undefined) result.stayed.delete(key);
          }
          checkPage(walk, result, {
            keyOf: ({ name, filter }: { name: string; filter: string }) =>
              `${name} $share/${name}/${filter}`,
            before: byText,
            isAfter: () => true,
          });
        } finally {
          world.stop();
        }
      },
    ),
    RUNS,
  );
});

/** A retained message that is set or removed between two turns. */
const retainedChange = fc.record({
  topic: fc.constantFrom(...TOPICS),
  isSet: fc.boolean(),
});
const retainedTurns = fc.array(
  fc.record({
    changes: fc.array(retainedChange, { maxLength: 5 }),
    units: fc.integer({ min: 1, max: 12 }),
  }),
  { minLength: 1, maxLength: 12 },
);

function retain(
  { context: { router } }: ListedSessions,
  { topic, isSet }: { readonly topic: string; readonly isSet: boolean },
): void {
  const payload = new Uint8Array(isSet ? 3 : 0);
  const bytes = new TextEncoder().encode(topic);
  const message = new Message(
    new Topic(topic, bytes),
    payload,
    0,
    payload.length,
  );
  router.retained.apply(message);
}

/** Topics with a message; `filter` as in a subscription. */
function retainedTopics(
  { context: { router } }: ListedSessions,
  filter: string,
): Map<string, boolean> {
  const found = new Map<string, boolean>();
  const cursor = router.retained.matching(filter, Infinity);
  cursor.next(Infinity, 0, ({ topic }) => found.set(topic.text, true));
  return found;
}

Deno.test("searches of retained messages: no topic twice, none missing that had a message all the time", () => {
  fc.assert(
    fc.property(
      fc.array(retainedChange, { maxLength: 40 }),
      retainedTurns,
      fc.constantFrom("#", "+/+", "u/+", "+/+/#"),
      fc.integer({ min: 1, max: 5 }),
      (first, between, filter, limit) => {
        const world = new ListedSessions();
        try {
          for (const one of first) retain(world, one);
          const { retained } = world.context.router;
          const search = new RetainedSearch(
            retained,
            { filter, limit },
            () => 0,
            String,
          );
          const found: string[] = [];
          const pages: Walk = {
            go: (budget) => {
              search.go(budget);
              for (const row of search.takeRows()) {
                found.push(JSON.parse(row).topic);
              }
              return !search.done;
            },
          };
          const { stayed, everSeen } = run(
            pages,
            between.map(({ units, changes }) => ({
              units,
              acts: changes.map((one) => () => retain(world, one)),
            })),
            () => retainedTopics(world, filter),
          );
          assert.equal(new Set(found).size, found.length, `twice: ${found}`);
          for (const topic of found) assert.ok(everSeen.has(topic), topic);
          for (const topic of stayed.keys()) {
            assert.ok(found.includes(topic), `missing: ${topic} of ${found}`);
          }
        } finally {
          world.stop();
        }
      },
    ),
    RUNS,
  );
});

Deno.test("lists of topic levels: none twice, none missing that was there all the time", () => {
  fc.assert(
    fc.property(
      fc.array(retainedChange, { maxLength: 40 }),
      retainedTurns,
      fc.constantFrom(undefined, "u", "", "nothing"),
      fc.integer({ min: 1, max: 6 }),
      (first, between, path, limit) => {
        const world = new ListedSessions();
        try {
          for (const one of first) retain(world, one);
          const { retained } = world.context.router;
          const above = path === undefined ? "" : `${path}/`;
          const look = () => {
            const found = new Map<string, unknown>();
            for (const topic of retainedTopics(world, "#").keys()) {
              if (!topic.startsWith(above)) continue;
              const [level] = topic.slice(above.length).split("/");
              found.set(level, true);
            }
            return found;
          };
          const walk = levelWalk(retained, { path, limit }, String);
          const result = run(
            walk,
            between.map(({ units, changes }) => ({
              units,
              acts: changes.map((one) => () => retain(world, one)),
            })),
            look,
          );
          checkPage(walk, result, {
            keyOf: ({ level, message, children }: LevelRow) => {
              assert.ok(message !== null || children > 0, `empty: ${level}`);
              return level;
            },
            before: byText,
            isAfter: () => true,
          });
        } finally {
          world.stop();
        }
      },
    ),
    RUNS,
  );
});

Deno.test("a list of topic levels leaves out those removed meanwhile, however many", () => {
  const world = new ListedSessions();
  try {
    const topics = [..."abcdefghijkl"].map((level) => `u/${level}`);
    for (const topic of topics) retain(world, { topic, isSet: true });
    const { retained } = world.context.router;
    const walk = levelWalk(retained, { path: "u" }, String);
    walk.go({ left: 1 });
    for (const topic of topics.slice(1)) retain(world, { topic, isSet: false });
    while (walk.go({ left: 5 }));
    const levels = walk.page.rows.map((row) => JSON.parse(row).level);
    assert.deepEqual(levels, ["a"]);
  } finally {
    world.stop();
  }
});

Deno.test("a deletion of counted messages leaves those that were stored or replaced since", () => {
  fc.assert(
    fc.property(
      fc.array(retainedChange, { maxLength: 40 }),
      fc.array(retainedChange, { maxLength: 10 }),
      retainedTurns,
      fc.constantFrom("#", "u/+", "t"),
      (first, since, between, filter) => {
        const world = new ListedSessions();
        const { router } = world.context;
        try {
          for (const one of first) retain(world, one);
          const count = new RetainedCount(router, filter, () => 0);
          while (count.go({ left: 3 }));
          const { counted } = count;
          const before = retainedTopics(world, filter);
          assert.equal(counted.count, before.size);
          /** What the changes did last, by topic. */
          const last = new Map<string, boolean>();
          const act = (some: typeof since) => {
            for (const one of some) {
              last.set(one.topic, one.isSet);
              retain(world, one);
            }
          };
          act(since);
          const deletion = new RetainedDeletion(router, counted, () => 0);
          for (let turn = 0; deletion.go({ left: 1 }); turn++) {
            if (turn < between.length) act(between[turn].changes);
          }
          const left = retainedTopics(world, filter);
          for (const topic of before.keys()) {
            if (!last.has(topic)) assert.ok(!left.has(topic), topic);
          }
          for (const [topic, isSet] of last) {
            if (!topicMatches(filter, topic)) continue;
            assert.equal(left.has(topic), isSet, topic);
          }
          assert.ok(deletion.deleted <= counted.count);
        } finally {
          world.stop();
        }
      },
    ),
    RUNS,
  );
});
