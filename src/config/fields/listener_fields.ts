import { certificateFields } from "./certificate_fields.ts";
import { type Field, type FieldsOf, shown } from "./field.ts";
import type { ListenerSettings } from "../model/listener_settings.ts";
import { fileMode, networks } from "./network_fields.ts";
import { ANY_COUNT, duration, integer } from "./number_fields.ts";
import { origin } from "./origin_field.ts";
import {
  aliasMaximum,
  connectTimeout,
  keepAlive,
  maxQos,
  packetSize,
  receiveMaximum,
  retainAvailable,
  wait,
} from "./shared_fields.ts";
import { choice, flag, list, text } from "./word_fields.ts";

const WEBSOCKET = ["websocket", "wss"];
const PLAIN = ["tcp", "websocket"];
const NETWORK = ["tcp", "tls", "websocket", "wss"];

/** What the listener inherits keeps its checks, and says where it is from. */
function inherited<T>(
  field: Field<T>,
  section: string,
  key: string,
): Field<T> {
  return { ...field, inherits: [section, key] };
}

function only<T>(types: readonly string[], field: Field<T>): Field<T> {
  return { ...field, types };
}

/** The beginning of a topic name, whole levels. */
const mountPoint: Field<string> = {
  ...text(
    "",
    /./,
    `the beginning of a topic that ends in a slash, like "site-a/"`,
    "Put before all topics of clients here; they never see it.",
  ),
  read(value) {
    if (typeof value === "string" && isMountPoint(value)) return value;
    throw new RangeError(
      `${shown(value)} is not allowed: give the beginning of a topic that ` +
        `ends in a slash, like "site-a/", without + and #, not with $ first`,
    );
  },
};

function isMountPoint(text: string): boolean {
  return text === "" || (/^[^#+\0]{0,999}\/$/.test(text) && text[0] !== "$");
}

/** What one `[[listener]]` may say. */
export const listenerFields: FieldsOf<ListenerSettings> = {
  name: {
    ...text(
      "",
      /^[\w.-]{1,64}$/,
      "1 to 64 letters, digits, dots, dashes or underscores",
      "Told in logs and in the ready file; made from the type when left out.",
    ),
    defaultText: `"tcp"`,
  },
  type: choice(
    "tcp",
    ["tcp", "tls", "websocket", "wss", "unix"],
    "How clients speak here: MQTT or MQTT over WebSocket, plain or with TLS; or MQTT through a socket file.",
    { mqtt: "tcp", mqtts: "tls", ssl: "tls", ws: "websocket" },
  ),
  bind: only(
    NETWORK,
    text(
      "127.0.0.1",
      /^[^\s/]{1,255}$/,
      "an IP address or a host name",
      'Address: "127.0.0.1" or "::1" for this machine, "::" for all of IPv6 and IPv4.',
    ),
  ),
  port: only(
    NETWORK,
    integer(
      1883,
      0,
      65535,
      "0 picks a free one; left out, 8883 for tls, 9001 for websocket, 9003 for wss.",
    ),
  ),
  retry: only(
    NETWORK,
    flag(
      false,
      "Whether to keep trying while this address is not there yet, as that of a VPN; the other listeners serve meanwhile.",
    ),
  ),
  socket: only(["unix"], {
    ...text(
      "",
      /^[^\0]{0,100}$/,
      "a file, at most 100 characters long",
      "Unix only: the socket's file.",
    ),
    defaultText: `"/run/dunlin/mqtt.sock"`,
    isPath: true,
  }),
  socket_mode: only(
    ["unix"],
    fileMode(0o660, "Unix only: who may connect, by the file's mode."),
  ),
  path: only(
    WEBSOCKET,
    text(
      "*",
      /^(\*|\/[^\s?#]{0,255})$/,
      'a path that starts with /, or "*"',
      'WebSocket only: the only path that clients may connect to, like "/mqtt"; "*" accepts any.',
    ),
  ),
  allowed_origins: only(
    WEBSOCKET,
    list(
      [],
      origin,
      0,
      "WebSocket only: web pages that may connect, by origin; empty lets all in.",
    ),
  ),
  one_port: only(
    ["tcp", "tls"],
    flag(
      false,
      "Whether WebSocket is spoken here, too, and with type tls also plain MQTT and plain WebSocket.",
    ),
  ),
  ...certificateFields,
  handshake_timeout: duration(
    10_000,
    wait,
    "How long what comes before MQTT may take: PROXY header, TLS and WebSocket together.",
  ),
  max_handshakes: integer(
    500,
    1,
    ANY_COUNT,
    "Connections in their TLS, WebSocket or PROXY handshake at a time; above it, the address that holds most gives way.",
  ),
  trusted_proxies: only(
    NETWORK,
    networks(
      "Proxies that say where a client comes from: by X-Forwarded-For to WebSocket, else by proxy_protocol.",
    ),
  ),
  proxy_protocol: only(
    NETWORK,
    flag(
      false,
      "Whether trusted_proxies begin with a PROXY protocol header, version 1 or 2; then they must.",
    ),
  ),
  proxy_client_tls: only(
    PLAIN,
    choice(
      "off",
      ["off", "tls", "certificate"],
      "What a client must have spoken with the proxy by its version 2 header: TLS, or TLS with a certificate that the proxy verified.",
    ),
  ),
  proxy_username: only(
    PLAIN,
    flag(
      false,
      "Whether the common name of that certificate (PP2_SUBTYPE_SSL_CN) becomes the user name; clients without one are refused.",
    ),
  ),
  allowed_networks: only(
    NETWORK,
    networks("Where clients may come from; empty lets all in."),
  ),
  mount_point: mountPoint,
  versions: list(
    ["3.1", "3.1.1", "5.0"],
    choice("5.0", ["3.1", "3.1.1", "5.0"], ""),
    1,
    "MQTT versions that are accepted.",
  ),
  client_id: choice(
    "connect",
    ["connect", "username"],
    "Where the client id is from: CONNECT, or the user name. With username a user has one session here, and a client without a user name is refused.",
  ),
  assign_client_id: flag(
    true,
    "Whether a client that gives no client id is assigned one; false refuses it.",
  ),
  client_id_prefixes: list(
    [],
    text("", /^.{1,200}$/u, 'text like "device-"', ""),
    0,
    "Beginnings that client ids may have; empty accepts any client id.",
  ),
  allow_anonymous: flag(
    true,
    "Whether clients without a user name, or with an empty one, may enter; where no [[auth]] is for this listener, any user name is accepted and counts for none. With an [[auth]] it is false unless it is said; without one it must be said for an address that other machines can reach.",
  ),
  max_connections: integer(
    0,
    0,
    ANY_COUNT,
    "Connections through this listener; 0 sets no bound of its own.",
  ),
  max_packet_size: inherited(packetSize, "limits", "max_packet_size"),
  max_keep_alive: inherited(keepAlive, "session", "max_keep_alive"),
  max_qos: inherited(maxQos, "protocol", "max_qos"),
  retain_available: inherited(retainAvailable, "retained", "available"),
  receive_maximum: inherited(receiveMaximum, "limits", "receive_maximum"),
  topic_alias_maximum: inherited(
    aliasMaximum,
    "limits",
    "topic_alias_maximum",
  ),
  connect_timeout: inherited(connectTimeout, "limits", "connect_timeout"),
};

/**
 * Whether a listener of this type may say it. One that recognises WebSocket by
 * the first bytes has its settings, too.
 */
export function appliesTo(
  key: string,
  listener: Pick<ListenerSettings, "type" | "one_port">,
): boolean {
  const { types } =
    (listenerFields as Readonly<Record<string, Field<unknown>>>)[key];
  return types === undefined || types.includes(listener.type) ||
    (listener.one_port && types === WEBSOCKET);
}
