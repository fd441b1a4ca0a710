/**
 * The three texts as a header for a sketch: PubSubClient's TLS client takes
 * strings. It holds the private key, so it is written like one.
 */
export function arduinoHeader(
  authority: string,
  certificate: string,
  key: string,
): string {
  const text = (name: string, pem: string) =>
    `static const char ${name}[] PROGMEM = R"PEM(\n${pem.trim()}\n)PEM";\n`;
  return "// Holds a private key: keep it to yourself.\n#pragma once\n\n" +
    text("CA_CERT", authority) + text("CLIENT_CERT", certificate) +
    text("CLIENT_KEY", key);
}
