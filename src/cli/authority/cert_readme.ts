import type { Issued } from "../../security/mod.ts";
import type { AuthorityCall } from "./authority_options.ts";
import { shownDay } from "./authority_text.ts";

/** Names and addresses in the lines to paste. */
interface Lines {
  readonly host: string;
  readonly port: number;
  /** Name of the files, before the dot. */
  readonly stem: string;
}

/** Returns what to do with the files of a bundle: lines to paste. */
export function bundleReadme(
  { options, port, library }: AuthorityCall,
  stem: string,
  { reading, purpose }: Issued,
): string {
  const host = options.host ?? library.machineNames().dns[0] ?? "localhost";
  const lines = { host, port, stem };
  const head = `# ${reading.name}\n\n` +
    `Valid until ${shownDay(reading.notAfter)}. ` +
    `SHA-256: ${reading.fingerprint}\n\n` +
    `- \`${stem}.key\`: the private key. Keep it secret.\n` +
    `- \`${stem}.crt\`: the certificate.\n` +
    "- `ca.crt`: the certificate of the authority that the other side uses.\n\n";
  return head + (purpose === "server" ? forServer(lines) : forClient(lines));
}

function forServer({ stem, port }: Lines): string {
  return `In dunlin.toml:

\`\`\`toml
[[listener]]
type = "tls"
port = ${port}
bind = "::"
cert = "${stem}.crt"
key = "${stem}.key"
\`\`\`

Give \`ca.crt\` to the clients.
`;
}

function forClient(lines: Lines): string {
  return [shell(lines), javascript(lines), python(lines), idf(lines)]
    .concat(arduino(lines)).join("\n");
}

function shell({ host, port, stem }: Lines): string {
  const how = `-h ${host} -p ${port} --cafile ca.crt ` +
    `--cert ${stem}.crt --key ${stem}.key`;
  return `## mosquitto_sub, mosquitto_pub

\`\`\`sh
mosquitto_sub ${how} -t hello
mosquitto_pub ${how} -t hello -m world
\`\`\`
`;
}

function javascript({ host, port, stem }: Lines): string {
  return `## MQTT.js

\`\`\`js
import { readFileSync } from "node:fs";
import mqtt from "mqtt";

const client = mqtt.connect("mqtts://${host}:${port}", {
  ca: readFileSync("ca.crt"),
  cert: readFileSync("${stem}.crt"),
  key: readFileSync("${stem}.key"),
});
client.on("connect", () => client.publish("hello", "world"));
\`\`\`
`;
}

function python({ host, port, stem }: Lines): string {
  return `## Paho for Python

\`\`\`python
import paho.mqtt.publish as publish

publish.single(
    "hello",
    "world",
    hostname="${host}",
    port=${port},
    tls={
        "ca_certs": "ca.crt",
        "certfile": "${stem}.crt",
        "keyfile": "${stem}.key",
    },
)
\`\`\`
`;
}

/** ESP-IDF names what it embeds after the file, with `_` for what is no letter. */
function idf({ host, port, stem }: Lines): string {
  const symbol = (file: string) =>
    `_binary_${file.replaceAll(/[^A-Za-z0-9]/g, "_")}_start`;
  return `## ESP-IDF

In \`main/CMakeLists.txt\`, with the three files beside it:

\`\`\`cmake
idf_component_register(SRCS "main.c"
  EMBED_TXTFILES ca.crt "${stem}.crt" "${stem}.key")
\`\`\`

\`\`\`c
extern const char ca_crt[] asm("${symbol("ca.crt")}");
extern const char own_crt[] asm("${symbol(`${stem}.crt`)}");
extern const char own_key[] asm("${symbol(`${stem}.key`)}");

const esp_mqtt_client_config_t config = {
  .broker.address.uri = "mqtts://${host}:${port}",
  .broker.verification.certificate = ca_crt,
  .credentials.authentication.certificate = own_crt,
  .credentials.authentication.key = own_key,
};
esp_mqtt_client_handle_t client = esp_mqtt_client_init(&config);
esp_mqtt_client_start(client);
\`\`\`
`;
}

function arduino({ host, port, stem }: Lines): string {
  return `## Arduino, PubSubClient (ESP32)

Put \`certificates.h\` beside the sketch:

\`\`\`cpp
#include <PubSubClient.h>
#include <WiFiClientSecure.h>
#include "certificates.h"

WiFiClientSecure net;
PubSubClient client(net);

void connectToBroker() { // once WiFi is up and the clock is set
  net.setCACert(CA_CERT);
  net.setCertificate(CLIENT_CERT);
  net.setPrivateKey(CLIENT_KEY);
  client.setServer("${host}", ${port});
  if (client.connect("${stem}")) client.publish("hello", "world");
}
\`\`\`
`;
}
