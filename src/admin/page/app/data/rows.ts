/** A client, as `GET api/v1/clients` lists it. */
export interface ClientRow {
  readonly id: string;
  readonly state: "connected" | "away";
  readonly user: string | null;
  readonly address: string | null;
  readonly port: number | null;
  readonly protocol: string | null;
  readonly version: string | null;
  readonly listener: string | null;
  readonly certificate: string | null;
  readonly connectedSince: string | null;
  readonly awaySince: string | null;
  readonly keepAlive: number | null;
  readonly expiry: number | null;
  readonly subscriptions: number;
  readonly inflight: number;
  readonly backlog: number;
  readonly backlogBytes: number;
  readonly outboundBytes: number;
  readonly bytesReceived: number;
  readonly bytesSent: number;
  readonly messagesReceived: number;
  readonly messagesSent: number;
  readonly dropped: number;
  readonly lastEnds: readonly {
    readonly at: string;
    readonly reason: string;
  }[];
}

/** Messages of a client that were dropped for one reason. */
export interface DropRow {
  readonly reason: string;
  readonly count: number;
  readonly lastAt: string;
  readonly lastTopic: string;
}

/** A subscription. */
export interface SubscriptionRow {
  readonly client: string;
  readonly filter: string;
  readonly group: string | null;
  readonly qos: number;
  readonly noLocal: boolean;
  readonly retainAsPublished: boolean;
  readonly retainHandling: number;
  readonly identifier: number;
  readonly connected: boolean;
}

/** All about a client, as `GET api/v1/clients/show` has it. */
export interface ClientDetail extends ClientRow {
  readonly expiresAt: string | null;
  readonly mountPoint: string | null;
  readonly isBridge: boolean;
  readonly authenticator: string | null;
  readonly groups: readonly string[];
  readonly loginEndsAt: string | null;
  readonly certificateFacts: {
    readonly subject: string;
    readonly issuer: string;
    readonly serial: string;
    readonly fingerprint: string;
    readonly notAfter: string;
  } | null;
  readonly will: {
    readonly topic: string;
    readonly qos: number;
    readonly retain: boolean;
    readonly delay: number;
    readonly bytes: number;
  } | null;
  readonly paused: string | null;
  readonly receiveMaximum: number | null;
  readonly maximumPacketSize: number | null;
  readonly unreleased: number;
  readonly notDelivered: readonly DropRow[];
  readonly notAccepted: readonly DropRow[];
  readonly subscribed: readonly SubscriptionRow[];
}

/** Why a client gets no message of a topic. */
export interface Explanation {
  readonly matching: readonly string[];
  readonly findings: readonly {
    readonly kind: string;
    readonly text: string;
  }[];
  readonly actions: readonly {
    readonly action: string;
    readonly allowed: boolean | null;
    readonly reason: string;
  }[];
}

/** A shared group, and a member of it. */
export interface GroupRow {
  readonly name: string;
  readonly filter: string;
  readonly members: number;
}

/** A member of a shared group. */
export interface MemberRow {
  readonly client: string;
  readonly connected: boolean;
  readonly qos: number;
  readonly backlog: number;
  readonly inflight: number;
}

/** A retained message. */
export interface RetainedRow {
  readonly topic: string;
  readonly bytes: number;
  readonly qos: number;
  readonly publisher: string;
  readonly expiresAt: string | null;
  readonly properties: {
    readonly contentType?: string;
    readonly userProperties?: readonly (readonly [string, string])[];
  };
  readonly encoding: "text" | "base64";
  readonly payload: string;
  readonly isCut: boolean;
}

/** A topic level with retained messages at or below it. */
export interface LevelRow {
  readonly level: string;
  readonly path: string;
  /** Levels right below it. */
  readonly children: number;
  readonly message: RetainedRow | null;
}
