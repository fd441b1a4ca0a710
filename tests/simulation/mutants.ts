import type { Changes, Store, StoreOpener } from "../../src/store/mod.ts";

/** Wraps what opens stores. */
export type Wrap = (opener: StoreOpener) => StoreOpener;

/** Stores with some of their members replaced; `change` gets each store. */
export function withStore(
  change: (store: Store) => Partial<Record<keyof Store, unknown>>,
): Wrap {
  return (opener) => ({
    ...opener,
    openStore: async (...all) => {
      const store = await opener.openStore(...all);
      return replaced(store, change(store));
    },
  });
}

/** Stores that are not told of some changes. */
export function withChanges(
  change: (changes: Changes) => Partial<Changes>,
): Wrap {
  return withStore((store) => ({
    changes: replaced(store.changes, change(store.changes)),
  }));
}

/** Stores that are opened with other settings. */
export function withFlushInterval(ms: number): Wrap {
  return (opener) => ({
    ...opener,
    openStore: (settings, ...all) =>
      opener.openStore(
        replaced(settings, { flushInterval: ms }),
        ...all,
      ),
  });
}

/** While `body` runs, the method `name` of `prototype` is `method`. */
export async function patched(
  prototype: object,
  name: string,
  // deno-lint-ignore no-explicit-any
  method: (original: any) => (this: any, ...all: any[]) => unknown,
  body: () => Promise<void>,
): Promise<void> {
  const methods = prototype as Record<string, unknown>;
  const original = methods[name];
  methods[name] = method(original);
  try {
    await body();
  } finally {
    methods[name] = original;
  }
}

/** `target`, with private fields as they are, and some members replaced. */
function replaced<T extends object>(
  target: T,
  members: Partial<Record<keyof T, unknown>>,
): T {
  return new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(members, name)) return members[name as keyof T];
      const value = Reflect.get(target, name, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
    set: (_, name, value) => Reflect.set(target, name, value, target),
  });
}
