import { testMatrix } from "./matrix.ts";
import { MqttJsClient } from "./mqttjs_client.ts";

testMatrix("MQTT.js", [], (options) => MqttJsClient.connect(options));
