/** An MQTT client for the commands. */
export { type BrokerAddress, readAddress } from "./dial.ts";
export type { PropertyEntry, PropertyValue } from "../codec/listing/mod.ts";
export type { ClientMessage } from "./client_message.ts";
export { ClientError, type ClientOptions, MqttClient } from "./mqtt_client.ts";
