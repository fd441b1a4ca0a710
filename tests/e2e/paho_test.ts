import { testMatrix } from "./matrix.ts";
import { PahoClient } from "./paho_client.ts";
import { paho } from "./programs.ts";

testMatrix("Paho", [paho], (options) => PahoClient.connect(options));
