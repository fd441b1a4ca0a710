/** How Deno KV is opened. */
export type OpenKv = typeof Deno.openKv;

/** Runs `body` with `open` in place of `Deno.openKv`, which it is given. */
export async function withOpenKv<T>(
  open: (real: OpenKv) => OpenKv,
  body: () => Promise<T>,
): Promise<T> {
  const own = Object.getOwnPropertyDescriptor(Deno, "openKv")!;
  const value = open(Deno.openKv);
  Object.defineProperty(Deno, "openKv", { ...plain(own), value });
  try {
    return await body();
  } finally {
    Object.defineProperty(Deno, "openKv", own);
  }
}

function plain({ enumerable }: PropertyDescriptor): PropertyDescriptor {
  return { enumerable, configurable: true, writable: true };
}
