/** A reason of a counter, for people. */
export interface Advice {
  /** The event. */
  readonly what: string;
  /** The remedy; empty where nothing is wrong. */
  readonly todo: string;
}

/** Reasons why messages are dropped. */
export const DROPPED: Readonly<Record<string, Advice>> = {
  "backlog-messages": {
    what: "Too many messages waited for one client.",
    todo: "Find out why the client is away or slow. Raise " +
      "session.backlog_messages, or let its session expire sooner.",
  },
  "backlog-bytes": {
    what: "The messages that waited for one client took too much memory.",
    todo: "Find out why the client is away or slow. Raise " +
      "session.backlog_bytes, or let its session expire sooner.",
  },
  "outbound-full": {
    what: "A client reads more slowly than messages come. QoS 0 is dropped.",
    todo: "Look for a slow network or a busy client. Subscribe to fewer " +
      "topics, or raise limits.max_outbound.",
  },
  "memory-full": {
    what: "The messages that wait for all clients filled the memory for them.",
    todo: "Sort clients by backlog, and delete sessions that are not needed. " +
      "Raise limits.max_queued_memory.",
  },
  "disk-full": {
    what: "The store has no room for another message.",
    todo: "Free disk space, or raise storage.max_size.",
  },
  "detached-qos0": {
    what: "A QoS 0 message came while the subscriber was away.",
    todo: "This is normal in MQTT. Publish and subscribe with QoS 1 where " +
      "each message counts.",
  },
  "expired": {
    what: "The Message Expiry Interval ended before the client took it.",
    todo: "This is as the publisher wishes. It may set a longer interval.",
  },
  "packet-too-large": {
    what: "The message is larger than the Maximum Packet Size of the client.",
    todo: "Raise the Maximum Packet Size in the subscriber, or publish less " +
      "at once.",
  },
  "client-refused": {
    what: "The client answered with an error code.",
    todo: "Look into the log of the client: the code is its own.",
  },
  "session-ended": {
    what: "The session ended while messages waited for it.",
    todo: "Set a longer Session Expiry Interval in the client, if it should " +
      "get them later.",
  },
  "not-authorized": {
    what: "The access rules do not allow the publisher to publish it.",
    todo: "Correct the topic in the client, or allow it by a rule.",
  },
  "read-denied": {
    what: "The access rules do not allow the subscriber to receive it.",
    todo: "Allow it by a rule, or subscribe to a narrower filter.",
  },
  "retained-full": {
    what: "There is no room for another retained message.",
    todo: "Delete retained messages under Topics, or raise " +
      "retained.max_bytes or retained.max_messages.",
  },
};

/** Reasons why connections end. */
export const CLOSED: Readonly<Record<string, Advice>> = {
  "client-disconnect": { what: "The client sent DISCONNECT.", todo: "" },
  "client-closed": {
    what: "The client closed the connection without DISCONNECT.",
    todo: "Its will is published. Let the client send DISCONNECT.",
  },
  "broken": {
    what: "The network broke the connection.",
    todo: "Look for bad radio, routers that forget, or a machine that slept.",
  },
  "protocol-error": {
    what: "The client sent what MQTT does not allow.",
    todo: "The log has the fault. Update the client's library.",
  },
  "answer-too-large": {
    what: "The Maximum Packet Size of the client has no room for an answer.",
    todo: "Raise it in the client.",
  },
  "refused": {
    what: "CONNECT was refused, for no fault of the client's login.",
    todo: "The log has the fault, such as a client id that is not valid.",
  },
  "client-id-owned": {
    what: "The session of this client id belongs to another user.",
    todo: "Use another client id, or delete the session under Clients.",
  },
  "taken-over": {
    what: "Another connection came with the same client id.",
    todo: "Two devices may have the same id: give each its own.",
  },
  "keep-alive": {
    what: "The client was silent for one and a half times its Keep Alive.",
    todo: "Look for lost networks and clients that sleep. Set a longer Keep " +
      "Alive.",
  },
  "connect-timeout": {
    what: "No CONNECT came in time.",
    todo: "Something else may look for open ports. Otherwise raise " +
      "limits.connect_timeout.",
  },
  "auth-failed": {
    what: "User name, password, token or certificate is wrong.",
    todo: "Correct it in the client. The log has its address.",
  },
  "auth-expired": {
    what: "The token or certificate of the client expired.",
    todo: "Give the client a new one.",
  },
  "not-authorized": {
    what: "The access rules do not allow it.",
    todo: "Allow it by a rule, or correct the client.",
  },
  "login-withdrawn": {
    what: "New settings no longer admit the client.",
    todo: "This is as the settings wish.",
  },
  "listener-removed": {
    what: "New settings have closed the client's listener.",
    todo: "Let the client connect to another listener.",
  },
  "certificate-refused": {
    what: "The client's certificate is not authorized.",
    todo: "Authorize it, or issue one by the broker's authority.",
  },
  "certificate-revoked": {
    what: "The client's certificate is revoked.",
    todo: "Issue a new one, if the client may connect.",
  },
  "administrative-action": {
    what: "An administrator disconnected the client.",
    todo: "",
  },
  "shutdown": { what: "The broker stopped.", todo: "" },
  "too-many-connections": {
    what: "There are as many connections as the settings allow.",
    todo: "Raise limits.max_connections or that of the listener.",
  },
  "reset-before-accept": {
    what: "The peer was gone before the broker took its connection.",
    todo: "This happens under much load, or by a scan of ports.",
  },
  "network-refused": {
    what: "The address is not in allowed_networks of the listener.",
    todo: "Add the network to the listener, if it should be.",
  },
  "proxy-header": {
    what: "The PROXY header is missing or not valid.",
    todo: "Let the proxy send it, and list the proxy in trusted_proxies.",
  },
  "proxy-client-tls": {
    what: "The client did not reach the proxy as proxy_client_tls demands.",
    todo: "Let the client use TLS.",
  },
  "tls-handshake": {
    what: "The TLS handshake failed.",
    todo: "The client may not trust the broker's authority, or uses no TLS. " +
      "The log has the fault.",
  },
  "websocket-handshake": {
    what: "The WebSocket handshake failed.",
    todo: "Check path and origin of the client.",
  },
  "unknown-protocol": {
    what: "The first bytes are no MQTT.",
    todo: "The client uses another protocol, or TLS at a port without it.",
  },
  "handshake-timeout": {
    what: "The handshake before MQTT took too long.",
    todo: "Look for slow networks, or a scan of ports.",
  },
  "too-many-handshakes": {
    what: "Too many handshakes ran at once.",
    todo: "Let clients wait a random time before they connect again.",
  },
  "memory-full": {
    what: "The broker has no memory for another connection.",
    todo: "Sort clients by backlog, and raise limits.max_queued_memory.",
  },
  "disk-full": {
    what: "The store has no room for another session.",
    todo: "Free disk space, or raise storage.max_size.",
  },
  "internal-error": {
    what: "A fault of the broker itself.",
    todo: "Report it with the lines of the log.",
  },
};

/** Returns the advice about a reason that may be newer than this page. */
export function adviceOf(
  kind: Readonly<Record<string, Advice>>,
  reason: string,
): Advice {
  return kind[reason] ?? { what: reason.replaceAll("-", " "), todo: "" };
}
