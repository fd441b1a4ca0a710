import { certificateFields } from "./certificate_fields.ts";
import { type Field, type FieldsOf, shown } from "./field.ts";
import type { ListenerSettings } from "../model/listener_settings.ts";
import { fileMode, networks } from "./network_fields.ts";
import { ANY_COUNT, duration, integer } from "./number_fields.ts";
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

/**
 * An origin exactly as browsers send it in `Origin`, where it is compared as
 * text: anything else would never match, and keep everybody out.
 */
const origin: Field<string> = {
  ...text("", /./, 'origins like "https://example.org"', ""),
  read(value) {
    if (typeof value === "string" && isOrigin(value)) return value;
    throw new RangeError(
      `${shown(value)} is not allowed: give an origin as browsers send it, ` +
        `like "https://example.org" or "http://localhost:8080": lower case, ` +
        "no path, no slash at the end, no *, no default port",
    );
  },
};

function isOrigin(value: string): boolean {
  if (!/^[a-z][a-z0-9+.-]*:\/\/[^\s/?#@*A-Z]+$/.test(value)) return false;
  // Schemes of apps and extensions have no origin of their own in a URL.
  if (!/^https?:/.test(value)) return true;
  return URL.canParse(value) && new URL(value).origin === value;
}

const WEBSOCKET = ["websocket", "wss"];
const PLAIN = ["tcp", "websocket"];
const NETWORK = ["tcp", "tls", "websocket", "wss"];

/**
 * Returns the field for a listener, which inherits its default from `key` of
 * `section`.
 */
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
    `the first levels of a topic, with a slash at the end, like "site-a/"`,
    "A prefix added to every topic on this listener. Clients never see it.",
  ),
  read(value) {
    if (typeof value === "string" && isMountPoint(value)) return value;
    throw new RangeError(
      `${shown(value)} is not allowed: give the first levels of a ` +
        `topic, with a slash at the end, like "site-a/"; no + or #, no $ at the front`,
    );
  },
};

function isMountPoint(text: string): boolean {
  return text === "" || (/^[^#+\0]{0,999}\/$/.test(text) && text[0] !== "$");
}

/** Fields of one `[[listener]]`. */
export const listenerFields: FieldsOf<ListenerSettings> = {
  name: {
    ...text(
      "",
      /^[\w.-]{1,64}$/,
      "1 to 64 letters, digits, dots, dashes or underscores",
      "Name in logs and in the ready file. The default is made from the type.",
    ),
    defaultText: `"tcp"`,
  },
  type: choice(
    "tcp",
    ["tcp", "tls", "websocket", "wss", "unix"],
    "Protocol: MQTT (tcp), MQTT over TLS (tls), MQTT over WebSocket (websocket), the same over TLS (wss), or MQTT on a socket file (unix).",
    { mqtt: "tcp", mqtts: "tls", ssl: "tls", ws: "websocket" },
  ),
  bind: only(
    NETWORK,
    text(
      "127.0.0.1",
      /^[^\s/]{1,255}$/,
      "an IP address or a host name",
      'Address: "127.0.0.1" or "::1" accepts this machine only, "::" other machines too, by IPv4 and IPv6.',
    ),
  ),
  port: only(
    NETWORK,
    integer(
      1883,
      0,
      65535,
      "Port; 0 picks a free one. The default is 8883 for tls, 9001 for websocket and 9003 for wss.",
    ),
  ),
  retry: only(
    NETWORK,
    flag(
      false,
      "Whether to start without this address, such as that of a VPN, and to try again every 5 s.",
    ),
  ),
  socket: only(["unix"], {
    ...text(
      "",
      /^[^\0]{0,100}$/,
      "a file, at most 100 characters long",
      "Unix only: path of the socket file. The folder must already exist.",
    ),
    defaultText: `"/run/dunlin/mqtt.sock"`,
    isPath: true,
  }),
  socket_mode: only(
    ["unix"],
    fileMode(
      0o660,
      "Unix only: mode of the socket file; users with write access may connect.",
    ),
  ),
  path: only(
    WEBSOCKET,
    text(
      "*",
      /^(\*|\/[^\s?#]{0,255})$/,
      'a path that starts with /, or "*"',
      'WebSocket only: the path that clients must use, like "/mqtt"; "*" accepts any path.',
    ),
  ),
  allowed_origins: only(
    WEBSOCKET,
    list(
      [],
      origin,
      0,
      "WebSocket only: origins of the web pages that may connect; an empty list allows all.",
    ),
  ),
  one_port: only(
    ["tcp", "tls"],
    flag(
      false,
      "Whether this port also accepts WebSocket, and with type tls also plain MQTT and plain WebSocket.",
    ),
  ),
  ...certificateFields,
  handshake_timeout: duration(
    10_000,
    wait,
    "Time for the PROXY header, TLS handshake and WebSocket handshake together.",
  ),
  max_handshakes: integer(
    500,
    1,
    ANY_COUNT,
    "Handshakes (TLS, WebSocket, PROXY) that may run at once. Above that, the address with the most handshakes loses one.",
  ),
  trusted_proxies: only(
    NETWORK,
    networks(
      "Proxies whose report of the client's address is used: X-Forwarded-For for WebSocket, and the PROXY header with proxy_protocol.",
    ),
  ),
  proxy_protocol: only(
    NETWORK,
    flag(
      false,
      "Whether trusted_proxies send a PROXY protocol header, version 1 or 2. With true they must.",
    ),
  ),
  proxy_client_tls: only(
    PLAIN,
    choice(
      "off",
      ["off", "tls", "certificate"],
      "Required connection between client and proxy, as reported by PROXY version 2: any, TLS, or TLS with a certificate that the proxy verified.",
    ),
  ),
  proxy_username: only(
    PLAIN,
    flag(
      false,
      "Whether the common name that the proxy reports (PP2_SUBTYPE_SSL_CN) becomes the user name. Clients without one are refused.",
    ),
  ),
  allowed_networks: only(
    NETWORK,
    networks(
      "Networks from which clients may connect; an empty list allows all.",
    ),
  ),
  mount_point: mountPoint,
  versions: list(
    ["3.1", "3.1.1", "5.0"],
    choice("5.0", ["3.1", "3.1.1", "5.0"], ""),
    1,
    "Accepted MQTT versions.",
  ),
  client_id: choice(
    "connect",
    ["connect", "username"],
    "Source of the client id: CONNECT, or the user name. With username each user has one session, and clients without a user name are refused.",
  ),
  assign_client_id: flag(
    true,
    "Whether the broker assigns a client id to clients without one. With false they are refused.",
  ),
  client_id_prefixes: list(
    [],
    text("", /^.{1,200}$/u, 'text like "device-"', ""),
    0,
    "Allowed prefixes of client ids; an empty list allows all client ids.",
  ),
  allow_anonymous: flag(
    true,
    "Whether clients without a user name, or with an empty one, may connect. The default is false with an [[auth]] table, else true. Without an [[auth]] table it must be set for an address that other machines can reach; the listener then accepts any user name and treats the client as anonymous.",
  ),
  max_connections: integer(
    0,
    0,
    ANY_COUNT,
    "Connections of this listener; 0 sets no limit.",
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
 * Returns whether a listener of this type may say it. One that recognises
 * WebSocket by the first bytes has its settings, too.
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
