import type { Client } from "./clients/client.ts";
import type { Cast } from "./cast.ts";
import type { SimulatedDisk } from "./disk/simulated_disk.ts";
import { type Host, STORE } from "./host.ts";
import type { Step, StepKind } from "./plan.ts";
import type { World } from "./world.ts";

/** All that steps happen to. */
export interface Stage {
  readonly world: World;
  readonly disk: SimulatedDisk;
  readonly host: Host;
  readonly cast: Cast;
  readonly clients: readonly Client[];
}

type Act = (stage: Stage, step: Step) => void | Promise<void>;

function pick<T>(list: readonly T[], which: number): T {
  return list[Math.floor(which * list.length)];
}

/** One of the publishers publishes on a topic of the kind `kind`. */
function publish(
  kind: string,
  qosOf: (much: number) => number,
  more: { readonly retain?: boolean; readonly expiry?: number } = {},
): Act {
  return ({ cast }, { which, much }) => {
    const publisher = pick(cast.publishers, which);
    const place = Math.floor(much * 64) % 2;
    publisher.publish({
      topic: `${kind}/${publisher.id}/${place}`,
      qos: qosOf(much),
      isEmpty: more.retain === true && Math.floor(much * 1024) % 8 === 0,
      ...more,
    });
  };
}

/** What each kind of step does. */
export const ACTS: Readonly<Record<StepKind, Act>> = {
  publish: publish("t", (much) => much < 0.1 ? 0 : much < 0.5 ? 1 : 2),
  retain: publish("r", (much) => much < 0.5 ? 1 : 2, { retain: true }),
  share: publish("s", (much) => much < 0.4 ? 1 : 2),
  expiring: publish("e", (much) => much < 0.5 ? 1 : 2, { expiry: 3 }),
  turns: ({ world }, { much }) => world.goOn(1 + Math.floor(much * 8)),
  time: ({ host }, { much }) => host.advance(Math.floor(much * 150)),
  acknowledge({ cast }, { which, much }) {
    if (cast.subscribers.length === 0) return;
    const subscriber = pick(cast.subscribers, which);
    subscriber.acknowledge(1 + Math.floor(much * subscriber.owed));
  },
  cut: ({ clients }, { which }) => pick(clients, which).cut(),
  disconnect({ clients }, { which }) {
    pick(clients, which).disconnect();
  },
  connect: ({ clients }, { which }) => pick(clients, which).connect(),
  connectAll({ clients }) {
    for (const client of clients) if (!client.isConnected) client.connect();
  },
  clean: ({ clients }, { which }) => pick(clients, which).connect(true),
  toggle({ cast }, { which, much }) {
    if (cast.subscribers.length === 0) return;
    const subscriber = pick(cast.subscribers, which);
    subscriber.toggle(pick(subscriber.subscriptions, much));
  },
  stall: ({ clients }, { which }) => {
    pick(clients, which).stalled = true;
  },
  unstall({ clients }) {
    for (const client of clients) client.stalled = false;
  },
  will({ cast }, { much }) {
    for (const client of cast.wills) {
      if (!client.isConnected) client.connect();
      else if (much < 0.7) client.cut();
      else client.disconnect();
    }
  },
  fail({ disk, world }, { much }) {
    world.disturbedAt = world.events;
    disk.failing = 1 + Math.floor(much * 5);
  },
  hang({ disk, world }) {
    world.disturbedAt = world.events;
    disk.hang();
  },
  full({ disk, host, world }) {
    world.disturbedAt = world.events;
    host.hasOneCopy = true;
    disk.fill();
  },
  heal: ({ disk }) => disk.heal(),
  power: ({ host }) => host.crash(true),
  kill: ({ host }) => host.crash(false),
  async stop({ host, disk }) {
    disk.heal();
    await host.stop();
  },
  reload: ({ host }) => host.reload(),
  async long({ host, world }, { much }) {
    // Bytes under way take turns, not time: they arrive first.
    for (let left = 8; left > 0; left--) {
      await world.rest(400);
      host.advance(Math.floor(much * 6000));
    }
  },
  // Two flips could hit both copies of one thing.
  damage({ host, disk }, { which }) {
    if (host.isDamaged || host.hasOneCopy) return;
    const files = disk.paths.filter((path) => path.startsWith(STORE));
    if (files.length === 0) return;
    host.crash(true);
    host.isDamaged = disk.flip(pick(files, which));
  },
};
