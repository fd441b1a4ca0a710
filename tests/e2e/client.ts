/** Protocol level. */
export type Version = 3 | 4 | 5;

/** What carries MQTT. */
export type Transport = "tcp" | "websocket";

/** A will; v5 clients may delay it by seconds. */
export interface WillOptions {
  readonly topic: string;
  readonly payload: string;
  readonly qos?: 0 | 1 | 2;
  readonly retain?: boolean;
}

/** How a client connects. */
export interface ClientOptions {
  readonly transport: Transport;
  readonly port: number;
  readonly version: Version;
  readonly clientId: string;
  /**
   * Whether its session ends with the connection, and it wants none from
   * before. Without it a v5 client asks for an hour. @default {true}
   */
  readonly clean?: boolean;
  readonly will?: WillOptions;
}

/** A message as the client library gave it to its user. */
export interface Received {
  readonly topic: string;
  readonly payload: string;
  readonly qos: number;
  readonly retain: boolean;
}

/** A client library, as the scenarios use it. */
export interface Client {
  /** Whether the broker had a session. */
  readonly sessionPresent: boolean;
  /** Resolves when the connection is over, whoever ended it. */
  readonly closed: Promise<void>;
  /** Resolves when the broker has granted just this QoS. */
  subscribe(filter: string, qos: 0 | 1 | 2): Promise<void>;
  unsubscribe(filter: string): Promise<void>;
  /** Resolves when the exchange for the QoS is complete. */
  publish(
    topic: string,
    payload: string,
    qos: 0 | 1 | 2,
    retain?: boolean,
  ): Promise<void>;
  /** The next message. */
  next(): Promise<Received>;
  /** Says DISCONNECT and goes. */
  disconnect(): Promise<void>;
  /** Is gone without a word, as a process that is killed. */
  kill(): Promise<void>;
}

/** Connects; rejects when it is refused. */
export type Connect = (options: ClientOptions) => Promise<Client>;
