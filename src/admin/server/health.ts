import { AdminRefusal } from "../protocol/mod.ts";
import type { BrokerLink } from "./broker_link.ts";

/**
 * Answers `/health/live` and `/health/ready`: 200, or 503 with the reason.
 *
 * @throws {AdminRefusal} 404 for another path.
 */
export function healthOf(pathname: string, broker: BrokerLink): Response {
  const figures = broker.presentFigures;
  switch (pathname) {
    case "/health/live": {
      // Before the first figures the broker starts.
      const isLive = figures !== null || broker.figures === null;
      return answer(isLive, isLive ? null : "the broker's thread is silent");
    }
    case "/health/ready": {
      if (figures === null) return answer(false, "the broker starts");
      const { loading, running, storage: { reason } } = figures;
      if (loading) return answer(false, "the stored state is being restored");
      if (!running) return answer(false, "no listener accepts clients");
      return answer(reason === null, reason);
    }
  }
  throw new AdminRefusal(404, "no-such-path", "there is no such page");
}

function answer(isFine: boolean, reason: string | null): Response {
  const status = isFine ? 200 : 503;
  return Response.json({ ok: isFine, reason }, { status });
}
