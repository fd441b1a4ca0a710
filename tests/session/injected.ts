/** The error that tests inject. */
export class Injected extends Error {
  constructor() {
    super("injected");
  }
}

// deno-lint-ignore no-explicit-any
type Method = (this: any, ...all: any[]) => any;

/**
 * While `body` runs, the method `name` of `prototype` throws `Injected` at each
 * call that `at` returns true for; `at` gets `this` and then the arguments.
 */
export async function injecting(
  prototype: object,
  name: string,
  // deno-lint-ignore no-explicit-any
  at: (self: any, ...all: any[]) => boolean,
  body: () => Promise<void>,
): Promise<void> {
  const methods = prototype as Record<string, Method>;
  const original = methods[name];
  methods[name] = function (...all) {
    if (at(this, ...all)) throw new Injected();
    return original.apply(this, all);
  };
  try {
    await body();
  } finally {
    methods[name] = original;
  }
}
