import { Random } from "../support/random.ts";
import { FOR_EVER, type Surroundings } from "./clients/client.ts";
import { Publisher } from "./clients/publisher.ts";
import { Subscriber } from "./clients/subscriber.ts";
import { WillClient } from "./clients/will_client.ts";

/** The clients of a simulation. */
export interface Cast {
  readonly publishers: readonly Publisher[];
  readonly subscribers: readonly Subscriber[];
  readonly wills: readonly WillClient[];
}

/** Subscribers that a seed chooses among. */
const PARTS = [
  {
    expiry: FOR_EVER,
    interests: [{ filter: "t/#", qos: 2 }, { filter: "w/#", qos: 1 }, {
      filter: "r/#",
      qos: 1,
    }],
  },
  {
    expiry: FOR_EVER,
    interests: [{ filter: "t/+/0", qos: 1 }, { filter: "e/#", qos: 2 }, {
      filter: "r/+/0",
      qos: 2,
    }],
  },
  { expiry: 30, interests: [{ filter: "t/#", qos: 2 }] },
  { expiry: 0, interests: [{ filter: "t/#", qos: 0 }] },
] as const;

/** Chooses the clients of a seed. */
export function castOf(seed: number, around: Surroundings): Cast {
  const random = new Random(seed ^ 0x5eed);
  const version = () => random.chance(0.5) ? 4 : 5;
  const publishers = Array.from(
    { length: random.between(1, 2) },
    (_, at) =>
      new Publisher(around, {
        id: `p${at}`,
        version: version(),
        expiry: FOR_EVER,
      }),
  );
  const subscribers: Subscriber[] = [];
  for (const [at, part] of PARTS.entries()) {
    if (!random.chance(at === 0 ? 0.9 : 0.5)) continue;
    // A session that is kept for a while, or not at all, is one of 5.0.
    const options = part.expiry === FOR_EVER ? version() : 5;
    subscribers.push(
      new Subscriber(around, { id: `s${at}`, version: options, ...part }),
    );
  }
  const interests = [{ filter: "$share/g/s/#", qos: 2 }];
  for (let at = random.chance(0.4) ? 2 : 0; at > 0; at--) {
    const id = `g${at}`;
    subscribers.push(
      new Subscriber(around, {
        id,
        version: version(),
        expiry: FOR_EVER,
        interests,
      }),
    );
  }
  const wills = random.chance(0.5)
    ? [
      new WillClient(around, { id: "w", version: version(), expiry: FOR_EVER }),
    ]
    : [];
  return { publishers, subscribers, wills };
}
