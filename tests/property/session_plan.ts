import fc from "fast-check";

/** How a run is set up. */
export interface Plan {
  readonly window: number;
  readonly backlogMessages: number;
  readonly backlogBytes: number;
  readonly policy: "drop-new" | "drop-old";
  readonly queueQos0: boolean;
  /** Bytes under way in each direction of a connection. */
  readonly capacity: number;
  /** Whether the sessions end detached instead of drained. */
  readonly abandoned: boolean;
  readonly steps: readonly Step[];
}

/** One thing that happens; `who` is a receiver's index, 2 the publisher. */
export type Step =
  | {
    readonly do: "publish";
    readonly topic: string;
    readonly qos: number;
    readonly expiry: number;
    readonly padding: number;
  }
  | {
    readonly do: "take" | "ack";
    readonly who: number;
    readonly count: number;
  }
  | {
    readonly do: "drop";
    readonly who: number;
    readonly kind: "goodbye" | "close" | "abort";
  }
  | {
    readonly do: "connect";
    readonly who: number;
    readonly clean: boolean;
    readonly window: number;
  }
  | { readonly do: "read"; readonly who: number; readonly on: boolean }
  | { readonly do: "turns"; readonly count: number }
  | { readonly do: "wait"; readonly halves: number };

const RECEIVERS = 2;
const anyReceiver = fc.nat(RECEIVERS - 1);
const anyone = fc.nat(RECEIVERS);
const few = fc.integer({ min: 1, max: 8 });

const publish = fc.record({
  do: fc.constant("publish" as const),
  topic: fc.constantFrom("t/a", "t/b"),
  qos: fc.constantFrom(0, 1, 2, 1, 2),
  expiry: fc.constantFrom(0, 0, 0, 0, 3),
  padding: fc.constantFrom(0, 200, 1500),
});

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 9, arbitrary: publish },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("take" as const),
      who: anyone,
      count: few,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant("ack" as const),
      who: anyReceiver,
      count: few,
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("drop" as const),
      who: anyone,
      kind: fc.constantFrom("goodbye", "close", "abort", "abort"),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("connect" as const),
      who: anyone,
      clean: fc.integer({ min: 0, max: 9 }).map((n) => n === 0),
      window: fc.constantFrom(1, 2, 20),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("read" as const),
      who: anyReceiver,
      on: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant("turns" as const), count: few }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("wait" as const),
      halves: fc.constantFrom(1, 2, 4, 8, 24),
    }),
  },
);

/** Any plan. Small windows and backlogs, so that all bounds are met. */
export const anyPlan: fc.Arbitrary<Plan> = fc.record({
  window: fc.constantFrom(1, 2, 3, 5, 20),
  backlogMessages: fc.constantFrom(2, 6, 1000, 1000),
  backlogBytes: fc.constantFrom(500, 1_000_000, 1_000_000),
  policy: fc.constantFrom("drop-new" as const, "drop-old" as const),
  queueQos0: fc.boolean(),
  capacity: fc.constantFrom(7, 64, 700, 65536),
  abandoned: fc.integer({ min: 0, max: 4 }).map((n) => n === 0),
  steps: fc.array(anyStep, { minLength: 10, maxLength: 150, size: "max" }),
});
