import { isPluginLine } from "../read/plugins.ts";
import {
  becomes,
  becomesAll,
  lost,
  lostWhenTrue,
  Misread,
  needless,
  type Rule,
  stricter,
  whole,
  yesOrNo,
} from "../toml/translation.ts";

const OWN_CIPHERS =
  "TLS 1.2 and 1.3 come with the ciphers that are safe today, and no others";

/** Versions of MQTT by the numbers that CONNECT says. */
const VERSIONS: Readonly<Record<string, string>> = {
  "3": "3.1",
  "4": "3.1.1",
  "5": "5.0",
};

/** Returns whether topics here can begin with a `mount_point`. */
export function isMountPoint(value: string): boolean {
  return !/[#+\0]/.test(value) && !value.startsWith("$") && value !== "";
}

/** Options of one listener that stand for themselves, and what they become. */
export const listenerRules: Readonly<Record<string, Rule>> = {
  max_connections: (value) => {
    const number = whole(value, -1);
    return number < 0
      ? needless("-1 is: no bound")
      : becomes("max_connections", number);
  },
  max_qos: (value) => {
    if (/^[012]$/.test(value)) return becomes("max_qos", Number(value));
    throw new Misread("it is none of 0, 1 and 2");
  },
  max_topic_alias: (value) =>
    becomes("topic_alias_maximum", Math.min(whole(value), 65_535)),
  max_topic_alias_broker: () =>
    lost("[limits] topic_alias_maximum_out is for all listeners"),
  mount_point: (value) => {
    if (value.endsWith("/")) return becomes("mount_point", value);
    return stricter(
      "mount_point",
      `${value}/`,
      "here it is made of whole levels; without the slash it was put before " +
        "the first level's own name",
    );
  },
  accept_protocol_versions: (value) => {
    const versions = value.split(",").map((one) => VERSIONS[one.trim()]);
    if (versions.includes(undefined as never)) {
      throw new Misread("it is no list of 3, 4 and 5");
    }
    return becomes("versions", versions);
  },
  enable_proxy_protocol: (value) =>
    /^[12]$/.test(value)
      ? becomesAll(
        [
          { key: "proxy_protocol", value: true },
          { key: "trusted_proxies", value: ["0.0.0.0/0", "::/0"] },
        ],
        "everybody's header was believed; give the proxies' addresses alone",
      )
      : needless("off, as always"),
  http_dir: () => lost("web pages have to come from a web server"),
  use_username_as_clientid: (value) =>
    yesOrNo(value)
      ? becomes("client_id", "username")
      : needless("off, as always"),
  ciphers: () => lost(OWN_CIPHERS),
  "ciphers_tls1.3": () => lost(OWN_CIPHERS),
  dhparamfile: () => needless("key exchange is by elliptic curves"),
  tls_engine: () => lost("keys are read from PEM files"),
  tls_engine_kpass_sha1: () => lost("keys are read from PEM files"),
  tls_keyform: (value) =>
    value === "pem" ? needless("as always") : lost("keys are read from PEM"),
  tls_version: (value) => {
    if (value === "tlsv1.3") return becomes("min_tls", "1.3");
    if (value === "tlsv1.2") return becomes("min_tls", "1.2");
    return stricter("min_tls", "1.2", "the broker speaks TLS 1.2 and 1.3 only");
  },
  disable_client_cert_date_checks: lostWhenTrue(
    "a client's certificate that is out of date is refused",
  ),
};

/** Options of a listener that are read together, in `listener_tables.ts`. */
export const joinedOptions: readonly string[] = [
  "port",
  "bind_address",
  "bind_interface",
  "socket_domain",
  "protocol",
  "certfile",
  "keyfile",
  "cafile",
  "capath",
  "crlfile",
  "require_certificate",
  "use_identity_as_username",
  "use_subject_as_username",
  "psk_hint",
  "websockets_origin",
  "proxy_protocol_v2_require_tls",
];

/** Options of who may come in and do what, in `access_tables.ts`. */
export function isSecurityOption(name: string): boolean {
  return isPluginLine(name) || [
    "allow_anonymous",
    "listener_allow_anonymous",
    "password_file",
    "acl_file",
    "psk_file",
    "allow_zero_length_clientid",
    "auto_id_prefix",
    "listener_auto_id_prefix",
  ].includes(name);
}
