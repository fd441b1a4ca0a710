/** Fields of the box to publish, as its form has them. */
export interface MessageFields {
  readonly topic: string;
  readonly payload: string;
  readonly encoding: string;
  readonly qos: string;
  /** Absent where it is off. */
  readonly retain?: string;
  readonly contentType?: string;
  readonly expiry?: string;
  readonly responseTopic?: string;
  readonly correlationData?: string;
  /** Lines of `name=value`. */
  readonly userProperties?: string;
}

/**
 * Returns the body of `POST api/v1/publish`.
 *
 * @throws {Error} for a line of user properties without an equals sign.
 */
export function messageOf(fields: MessageFields): object {
  const { topic, payload, encoding, qos, retain } = fields;
  const properties: Record<string, unknown> = {};
  const { contentType, responseTopic, correlationData } = fields;
  const texts = { contentType, responseTopic, correlationData };
  for (const [name, value] of Object.entries(texts)) {
    if (value) properties[name] = value;
  }
  if (fields.expiry) properties.messageExpiryInterval = Number(fields.expiry);
  const user = userPropertiesOf(fields.userProperties ?? "");
  if (user.length > 0) properties.userProperties = user;
  const hasProperties = Object.keys(properties).length > 0;
  return {
    topic,
    // Forms have line ends of their own.
    payload: payload.replaceAll("\r\n", "\n"),
    encoding,
    qos: Number(qos),
    retain: retain !== undefined,
    ...(hasProperties ? { properties } : {}),
  };
}

function userPropertiesOf(text: string): [string, string][] {
  return text.split(/\r?\n/).filter((line) => line.trim() !== "")
    .map((line) => {
      const at = line.indexOf("=");
      if (at >= 0) return [line.slice(0, at), line.slice(at + 1)];
      throw new Error(
        `User Properties: expected name=value, found ${JSON.stringify(line)}.`,
      );
    });
}

/** Returns a payload for people: text, or bytes as hex. */
export function shownPayload(
  { encoding, payload, isCut }: {
    readonly encoding: "text" | "base64";
    readonly payload: string;
    readonly isCut: boolean;
  },
  most = Infinity,
): string {
  const text = encoding === "text" ? payload : hexOf(payload);
  const isLong = text.length > most;
  return (isLong ? text.slice(0, most) : text) + (isCut || isLong ? " …" : "");
}

function hexOf(base64: string): string {
  return Array.from(
    atob(base64),
    (char) => char.charCodeAt(0).toString(16).padStart(2, "0"),
  ).join(" ");
}
