/** The thread's name. A thread of another name only imports this module. */
const NAME = "admin";

/** The global scope of a worker. */
interface Thread {
  readonly name?: string;
  onmessage: ((event: MessageEvent<string>) => void) | null;
  postMessage(text: string): void;
}

/**
 * Starts the thread that serves the admin page. This module is the thread's
 * program and knows its own address, in the sources and in any bundle.
 */
export function startAdminThread(): Worker {
  return new Worker(import.meta.url, { type: "module", name: NAME });
}

const thread = globalThis as unknown as Thread;

if (thread.name === NAME) {
  // The server is loaded here alone: the broker's thread needs none of it.
  const server = import("./worker.ts").then(({ AdminWorker }) =>
    new AdminWorker((text) => thread.postMessage(text))
  );
  thread.onmessage = async ({ data }) => (await server).receive(data);
}
