import { testMatrix } from "./matrix.ts";
import { PahoClient } from "./paho_client.ts";
import { paho } from "./programs.ts";

// Paho 1.6 reads a WebSocket frame twice now and then, when several come at
// once. MQTT.js and Paho over TCP never see the same message again.
testMatrix("Paho", [paho], (options) => PahoClient.connect(options), {
  websocket: 3,
});
