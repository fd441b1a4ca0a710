import type { AdminConfiguration } from "../protocol/mod.ts";
import { AdminRefusal } from "../protocol/mod.ts";
import type { BrokerLink } from "./broker_link.ts";
import type { Caller } from "./callers/caller.ts";
import { notLoggedIn } from "./http/not_logged_in.ts";
import { checkHost, isLoopback } from "./http/host_check.ts";

/** Parts that answer `/metrics`. */
export interface MetricsParts {
  readonly broker: BrokerLink;
  readonly settings: Pick<
    AdminConfiguration,
    "metrics" | "metricNames" | "hostNames"
  >;
  readonly callerOf: (request: Request) => Promise<Caller | null>;
}

/**
 * Answers `/metrics` with the figures of the last second, to the peer `from`.
 *
 * @throws {AdminRefusal} 401 without a login where one is needed, 421 for
 *   another host name in place of a login, 503 without figures.
 */
export async function metricsOf(
  request: Request,
  from: string,
  { broker, settings, callerOf }: MetricsParts,
): Promise<Response> {
  const needsLogin = settings.metrics === "credentials" ||
    settings.metrics === "loopback" && !isLocal(request, from);
  if (settings.metrics !== "everyone" && await callerOf(request) === null) {
    if (needsLogin) throw notLoggedIn();
    // A page of another site could read them with the browser of this machine.
    checkHost(request, from, settings.hostNames);
  }
  const figures = broker.presentFigures;
  if (figures === null) {
    const detail = "there are no figures of the broker yet; try again";
    throw new AdminRefusal(503, "no-figures", detail);
  }
  const { formatOf, MEDIA_TYPES, metricsText } = await import(
    "../metrics/mod.ts"
  );
  const format = formatOf(request.headers.get("accept"));
  const text = metricsText(figures, format, settings.metricNames);
  const headers = { "content-type": MEDIA_TYPES[format], vary: "accept" };
  return new Response(text, { headers });
}

/** Returns whether a program of this machine asks, and no proxy on it. */
function isLocal({ headers }: Request, from: string): boolean {
  return isLoopback(from) && !headers.has("forwarded") &&
    !headers.has("x-forwarded-for");
}
