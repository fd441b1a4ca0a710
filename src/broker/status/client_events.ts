import { encodeUtf8, isLonger, Message } from "../../mqtt/mod.ts";
import { hostAndPort } from "../../network/mod.ts";
import type {
  ConnectionEnd,
  Context,
  LoggedConnection,
} from "../../session/mod.ts";

/** Least events published in one turn. */
const A_TURN = 50;

/** Longest topic name (bytes). */
const LONGEST = 65_535;

/** Characters of a client id of which the topic would be longer. */
const CUT = 10_000;

/** One event: its topic, and its JSON. */
interface ClientEvent {
  readonly topic: string;
  readonly text: string;
}

/**
 * Publishes each client that connects or disconnects, in that order, to
 * `$SYS/broker/clients/<client id>/connected` or `disconnected`: JSON, QoS 1, not
 * retained. Events are published in turns, so that a storm of connects does not
 * hold up other clients; none is lost.
 */
export class ClientEvents {
  readonly #context: Context;
  #events: ClientEvent[] = [];

  /** `context` has the router and the clock. */
  constructor(context: Context) {
    this.#context = context;
  }

  /** Publishes an accepted CONNECT; `present`: its session went on. */
  connected(connection: LoggedConnection, present: boolean): void {
    this.#add(connection, "connected", {
      version: connection.version,
      keepAlive: connection.patience / 1500,
      session: present ? "resumed" : "new",
    });
  }

  /** Publishes the end of a connection, unless its CONNECT was refused. */
  closed(connection: LoggedConnection, end: ConnectionEnd): void {
    const { wasOpen, reason, reasonCode } = end;
    // Subscribers end with the broker.
    if (!wasOpen || reason === "shutdown") return;
    this.#add(connection, "disconnected", { reason, reasonCode });
  }

  #add(
    { clientId, username, hostname, port, listener, id }: LoggedConnection,
    event: "connected" | "disconnected",
    details: Readonly<Record<string, string | number | null>>,
  ): void {
    const { clock, turn } = this.#context;
    const address = port === 0 ? hostname : hostAndPort(hostname, port);
    const text = JSON.stringify({
      event,
      client: clientId,
      user: username,
      address,
      listener: listener.name,
      connection: id,
      time: new Date(clock.date()).toISOString(),
      ...details,
    });
    this.#events.push({ topic: topicOf(clientId!, event), text });
    if (this.#events.length === 1) turn.inTurns(() => this.#publishSome());
  }

  /** Half of them at least: in a storm more come with each turn. */
  #publishSome(): boolean {
    const count = Math.max(A_TURN, this.#events.length >> 1);
    for (const event of this.#events.splice(0, count)) this.#publish(event);
    return this.#events.length > 0;
  }

  #publish({ topic: name, text }: ClientEvent): void {
    const { router, faults } = this.#context;
    faults.survive("a client's event is not published", () => {
      const topic = router.topicOf(name);
      const payload = encodeUtf8(text);
      const message = new Message(topic, payload, 0, payload.length);
      message.qos = 1;
      router.publish(topic, message, null);
    });
  }
}

/** Returns the topic of an event. */
function topicOf(clientId: string, event: string): string {
  const topic = (level: string) => `$SYS/broker/clients/${level}/${event}`;
  const whole = topic(clientLevel(clientId));
  return isLonger(whole, LONGEST)
    ? topic(clientLevel(clientId.slice(0, CUT)))
    : whole;
}

/**
 * Returns a client id as one level of a topic: `/`, `+`, `#`, `%` and control
 * characters become `%` and the hexadecimal digits of their bytes. No client can
 * get the level of another.
 */
export function clientLevel(clientId: string): string {
  return clientId.replaceAll(
    // deno-lint-ignore no-control-regex
    /[/+#%\x00-\x1f\x7f-\x9f]/g,
    encodeURIComponent,
  );
}
