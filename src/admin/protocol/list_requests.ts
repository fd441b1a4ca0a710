/** The page that a request asks for. */
export interface PageQuery {
  /** Rows, 1 to 1,000. @default 100 */
  readonly limit?: number;
  /** `next` of the page before; absent for the first page. */
  readonly after?: string;
  /** The column to sort by; with `-` before it, from the largest on. */
  readonly sort?: string;
}

/** A request for more of work that has paused after a second. */
export interface Continued {
  /** `continue` of the answer before. */
  readonly continue?: string;
}

/** A page of a sorted list. */
export type ListQuery = PageQuery & Continued;

/** Which clients a list has; absent members leave out none. */
export interface ClientQuery {
  /** Client id, exactly. */
  readonly id?: string;
  /** A part of the client id, user name or address. */
  readonly contains?: string;
  /** User name, exactly. */
  readonly user?: string;
  /** IP address, or a network such as `192.0.2.0/24`. */
  readonly address?: string;
  /** Name of a listener. */
  readonly listener?: string;
  /** A topic name: clients with a subscription that matches it. */
  readonly topic?: string;
  /** True: clients for which messages wait; false: the others. */
  readonly backlog?: boolean;
  /** True: clients with dropped messages; false: the others. */
  readonly drops?: boolean;
  /** True: clients that are away; false: connected ones. */
  readonly away?: boolean;
}

/** Which subscriptions a list has; absent members leave out none. */
export interface SubscriptionQuery {
  /** Client id of the subscriber, exactly. */
  readonly client?: string;
  /** A topic name: subscriptions that match it. */
  readonly topic?: string;
  /** A part of the filter, or of the share name. */
  readonly contains?: string;
  /** True: shared subscriptions; false: the others. */
  readonly shared?: boolean;
}

/** Which shared groups a list has; absent members leave out none. */
export interface GroupQuery {
  /** A part of the share name or the filter. */
  readonly contains?: string;
}

/** One shared group. */
export interface GroupName {
  /** The share name. */
  readonly name: string;
  /** The filter, without `$share/` and the share name. */
  readonly filter: string;
}

/** Which topic levels a list has. */
export interface LevelQuery {
  /** The levels above, joined by slashes; absent for the first level. */
  readonly path?: string;
  /** A part of the level. */
  readonly contains?: string;
}

/** Which retained messages a search finds. */
export interface SearchQuery {
  /** A topic filter; a leading wildcard finds no topic that begins with `$`. */
  readonly filter?: string;
  /** A part of the topic. */
  readonly contains?: string;
  /** Messages of one answer, 1 to 1,000. @default 100 */
  readonly limit?: number;
  /** Goes on with the search of an earlier answer, in place of the others. */
  readonly next?: string;
}

/** A question why a client gets no message of a topic. */
export interface ExplainRequest {
  readonly clientId: string;
  /** The topic as the client says it. */
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly actions: readonly ("publish" | "subscribe" | "receive")[];
}
