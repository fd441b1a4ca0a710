/** The thread of the admin page, seen from the broker's. */
export interface AdminThread {
  /** Sends a message. */
  post(text: string): void;
  /** Ends it at once. */
  end(): void;
}

/** Receives what comes from the thread. */
export interface ThreadEvents {
  /** Called with each message. */
  readonly onMessage: (text: string) => void;
  /** Called once, when an error has ended the thread. */
  readonly onDeath: (message: string) => void;
}

/** Starts a thread. */
export type StartThread = (events: ThreadEvents) => Promise<AdminThread>;

/** Starts the thread that serves the admin page. */
export const startThread: StartThread = async ({ onMessage, onDeath }) => {
  // A module of its own: the thread loads it, and the broker's thread only its
  // address.
  const { startAdminThread } = await import("../../admin/server/mod.ts");
  const worker = startAdminThread();
  worker.onmessage = ({ data }: MessageEvent<string>) => onMessage(data);
  worker.onerror = (event) => {
    // Else it would end the whole program.
    event.preventDefault();
    worker.terminate();
    onDeath(event.message);
  };
  return {
    post: (text) => worker.postMessage(text),
    end: () => worker.terminate(),
  };
};
