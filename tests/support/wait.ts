/** How long anything may take that does happen, however busy the machine. */
const PATIENCE = 20_000;

/** What `promise` comes to; rejects with `what` when it takes too long. */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  ms: number = PATIENCE,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`waited ${ms} ms in vain: ${what}`)),
      ms,
    );
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Between two looks at what nobody is told of (ms). */
const LOOK = 2;

/** Resolves once `isSo`; rejects with `what` when that takes too long. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  let isOver = false;
  const look = async () => {
    while (!isOver && !await isSo()) {
      await new Promise((wake) => setTimeout(wake, LOOK));
    }
  };
  try {
    await within(what, look());
  } finally {
    isOver = true;
  }
}

/** What came and was not looked at yet, in order. */
export class Inbox<T> {
  readonly #what: string;
  readonly #items: T[] = [];
  readonly #waiting: ((item: T) => void)[] = [];

  /** `what` names the items when one is waited for in vain. */
  constructor(what: string) {
    this.#what = what;
  }

  /** Items that nobody has taken yet. */
  get size(): number {
    return this.#items.length;
  }

  /** Puts in what came. */
  push(item: T): void {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) waiting(item);
    else this.#items.push(item);
  }

  /** Takes the next, waiting for it if need be; who comes first gets first. */
  async next(): Promise<T> {
    const item = this.#items.shift();
    if (item !== undefined) return item;
    return await within(
      this.#what,
      new Promise<T>((resolve) => this.#waiting.push(resolve)),
    );
  }
}
