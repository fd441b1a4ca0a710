import type { AdminSettings } from "../model/settings.ts";
import type { FieldsOf } from "./field.ts";
import { integer } from "./number_fields.ts";
import { choice, flag, list, path, text } from "./word_fields.ts";

/** Fields of `[admin]`. */
export const adminFields: FieldsOf<AdminSettings> = {
  enabled: flag(
    false,
    "Whether the broker serves the admin page and its API. An [admin] table without this line turns them on.",
  ),
  bind: text(
    "127.0.0.1",
    /^[^\s/\0]{1,253}$/,
    "an address of this machine, or a host name",
    "Address of the admin page. Every user needs a login, at any address.",
  ),
  port: integer(8088, 0, 65535, "Port of the admin page; 0 picks a free one."),
  tls: flag(
    false,
    "Whether the page is served with TLS.",
  ),
  cert: path(
    "a PEM file",
    'Certificate of the page, with those between it and its authority; "" means that the broker\'s own authority issues and renews one.',
  ),
  key: path("a PEM file", "Private key of cert."),
  host_names: list(
    [],
    text(
      "",
      /^[^\s/:\0]{1,253}$/,
      'host names like "mqtt.example.org"',
      "",
    ),
    0,
    "Host names that browsers use for the page, as behind a proxy. On a loopback address the broker refuses requests for other names.",
  ),
  metrics: choice(
    "loopback",
    ["loopback", "everyone", "credentials"],
    "Clients that read /metrics without a login: those on this machine, all, or none.",
  ),
  metric_names: choice(
    "dunlin",
    ["dunlin", "mosquitto"],
    "Names in /metrics: those of Dunlin, or those of sapcc/mosquitto-exporter, for dashboards made for Mosquitto.",
  ),
  file: path(
    "a file",
    'File of the users and tokens of the page; "" means admin.json beside the store, and only memory in storage mode memory.',
  ),
};
