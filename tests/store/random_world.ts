import type { Message, QoS } from "../../src/mqtt/mod.ts";
import type { PlainSession } from "../../src/store/plain_state.ts";
import { message, type World } from "./world.ts";

/** Numbers from 0 to below 1 that only depend on the seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = state + 0x6d2b79f5 | 0;
    let mixed = Math.imul(state ^ state >>> 15, 1 | state);
    mixed = mixed + Math.imul(mixed ^ mixed >>> 7, 61 | mixed) ^ mixed;
    return ((mixed ^ mixed >>> 14) >>> 0) / 2 ** 32;
  };
}

/** Does `count` things that happen to a broker, in random order. */
export function happen(world: World, random: () => number, count: number) {
  for (let i = 0; i < count; i++) step(world, random);
}

function step(world: World, random: () => number): void {
  const pick = <T>(list: readonly T[]): T | undefined =>
    list[Math.floor(random() * list.length)];
  const { sessions } = world.state;
  const session = pick(sessions);
  const chance = random();
  if (session === undefined || (chance < 0.04 && sessions.length < 20)) {
    return begin(world, random);
  }
  if (chance < 0.06) return world.end(session);
  if (chance < 0.1) {
    return world.change(session, {
      detachedAt: random() < 0.5 ? 0 : Math.floor(random() * 1e12),
      will: null,
    });
  }
  if (chance < 0.16) {
    return world.subscribe(session, `a/${Math.floor(random() * 20)}/#`, {
      qos: Math.floor(random() * 3) as QoS,
      group: random() < 0.3 ? "g" : undefined,
      identifier: random() < 0.3 ? Math.floor(random() * 1e6) : 0,
    });
  }
  if (chance < 0.2) {
    return world.unsubscribe(session, `a/${Math.floor(random() * 20)}/#`);
  }
  if (chance < 0.45) return queue(world, random);
  if (chance < 0.7) return acknowledge(world, session, random);
  if (chance < 0.75) {
    return world.receive(session, 1 + Math.floor(random() * 50));
  }
  if (chance < 0.8) {
    const id = pick([...session.received]);
    return id === undefined ? undefined : world.release(session, id);
  }
  const topic = `r/${Math.floor(random() * 60)}`;
  if (chance < 0.96) {
    return world.retain(some(topic, random, { retain: true }));
  }
  world.clear(topic);
}

function begin(world: World, random: () => number): void {
  world.begin(`client-${Math.floor(random() * 1e9)}`, {
    expiryInterval: random() < 0.2 ? 0xffffffff : 60,
    identity: { username: random() < 0.5 ? null : "jemand ü" },
    bridge: random() < 0.1,
    packetIds: random() < 0.7 ? null : {
      next: 1 + Math.floor(random() * 65535),
      reserved: Math.floor(random() * 2048),
      barred: random() < 0.5 ? [] : [{ first: 65000, count: 2048 }],
    },
    will: random() < 0.4
      ? { message: some("will", random), delay: 5, messageExpiry: -1 }
      : null,
  });
}

function queue(world: World, random: () => number): void {
  const sessions = world.state.sessions.filter(() => random() < 0.5);
  world.queue(some("q/ü", random, { qos: 2 }), sessions, {
    qos: random() < 0.5 ? 1 : 2,
    identifiers: random() < 0.2 ? [1, 300_000] : null,
    group: random() < 0.1 ? { name: "g", filter: "a/+" } : null,
  });
}

/** Moves on an exchange: sends, receives PUBREC, or is done. */
function acknowledge(
  world: World,
  session: PlainSession,
  random: () => number,
): void {
  const entry = session.entries[
    Math.floor(random() * Math.min(4, session.entries.length))
  ];
  if (entry === undefined) return;
  if (entry.packetId === 0) {
    world.send(entry, 1 + Math.floor(random() * 65535));
  } else if (entry.qos === 2 && entry.message !== null && random() < 0.7) {
    world.pubrec(entry);
  } else world.done(entry);
}

function some(
  topic: string,
  random: () => number,
  more: Partial<Message> = {},
): Message {
  const length = random() < 0.01
    ? Math.floor(random() * 200_000)
    : random() < 0.1
    ? Math.floor(random() * 5000)
    : Math.floor(random() * 100);
  return message(topic, new Uint8Array(length).fill(65 + random() * 26), {
    properties: random() < 0.2 ? Uint8Array.of(1, 1) : null,
    expiresAt: random() < 0.2 ? Math.floor(random() * 1e13) : Infinity,
    publisher: random() < 0.5 ? "somebody" : "",
    ...more,
  });
}
