import assert from "node:assert/strict";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { Inbox, within } from "../support/wait.ts";
import type { Client, ClientOptions, Received } from "./client.ts";

/** The address of a listener on this machine. */
export function urlOf(transport: "tcp" | "websocket", port: number): string {
  return transport === "tcp"
    ? `mqtt://127.0.0.1:${port}`
    : `ws://127.0.0.1:${port}/mqtt`;
}

/** Connects MQTT.js, set so that nothing happens behind a test's back. */
export async function connectMqttJs(
  url: string,
  options: IClientOptions,
): Promise<MqttClient> {
  return await within(
    "MQTT.js to connect",
    mqtt.connectAsync(url, { reconnectPeriod: 0, ...options }, false),
  );
}

/** MQTT.js behind the interface of the scenarios. */
export class MqttJsClient implements Client {
  readonly #client: MqttClient;
  readonly #messages = new Inbox<Received>("a message for MQTT.js");
  readonly closed: Promise<void>;
  sessionPresent = false;

  private constructor(client: MqttClient) {
    this.#client = client;
    client.on("connect", (packet) => {
      this.sessionPresent = packet.sessionPresent;
    });
    client.on("message", (topic, payload, { qos, retain }) => {
      this.#messages.push({ topic, payload: payload.toString(), qos, retain });
    });
    // A connection that breaks is told by `close`, after this.
    client.on("error", () => {});
    this.closed = new Promise((resolve) => {
      client.on("close", () => resolve());
    });
  }

  /** Connects; listens before, as a resumed session sends at once. */
  static async connect(options: ClientOptions): Promise<MqttJsClient> {
    const { transport, port, version, clientId, clean = true, will } = options;
    const client = mqtt.connect(urlOf(transport, port), {
      protocolVersion: version,
      protocolId: version === 3 ? "MQIsdp" : "MQTT",
      clientId,
      clean,
      reconnectPeriod: 0,
      will: will && { qos: 0, retain: false, ...will },
      properties: version === 5 && !clean
        ? { sessionExpiryInterval: 3600 }
        : undefined,
    });
    const result = new MqttJsClient(client);
    await within(
      "MQTT.js to connect",
      new Promise<void>((resolve, reject) => {
        client.on("connect", () => resolve());
        client.on("error", reject);
        client.on("close", () => reject(new Error("closed before CONNACK")));
      }),
    );
    return result;
  }

  async subscribe(filter: string, qos: 0 | 1 | 2): Promise<void> {
    const granted = await within(
      `SUBACK for ${filter}`,
      this.#client.subscribeAsync(filter, { qos }),
    );
    assert.deepEqual(granted.map((one) => one.qos), [qos]);
  }

  async unsubscribe(filter: string): Promise<void> {
    await within(
      `UNSUBACK for ${filter}`,
      this.#client.unsubscribeAsync(filter),
    );
  }

  async publish(
    topic: string,
    payload: string,
    qos: 0 | 1 | 2,
    retain = false,
  ): Promise<void> {
    await within(
      `the acknowledgement of ${topic}`,
      this.#client.publishAsync(topic, payload, { qos, retain }),
    );
  }

  next(): Promise<Received> {
    return this.#messages.next();
  }

  async disconnect(): Promise<void> {
    await within("MQTT.js to end", this.#client.endAsync());
  }

  async kill(): Promise<void> {
    this.#client.stream.destroy();
    await within("MQTT.js to notice its end", this.closed);
    // Also stops what MQTT.js has still planned to do.
    await this.#client.endAsync(true);
  }
}
