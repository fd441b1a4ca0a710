import type { Field } from "./field.ts";
import { duration, integer, size } from "./number_fields.ts";
import { KIB, MIB } from "../text/units.ts";
import { flag } from "./word_fields.ts";

/** Time spans within the broker count ms; those told to clients count s. */
export const wait = { unit: 1, min: 100, max: 3600_000 };

// What a section says for all listeners, and each listener for itself.

export const packetSize = size(
  16 * MIB,
  KIB,
  256 * MIB,
  "Size of a whole packet, header included, that a client may send.",
);
export const receiveMaximum = integer(
  1000,
  1,
  65535,
  "QoS 1 and 2 messages an MQTT 5.0 client may send without our acknowledgement. MQTT 3.x has no such limit.",
);
export const aliasMaximum = integer(
  100,
  0,
  65535,
  "Topic aliases a client may set; 0 turns them off.",
);
export const connectTimeout = duration(
  10_000,
  wait,
  "How long a connection may take to complete its CONNECT.",
);
export const keepAlive = duration(
  0,
  { unit: 1000, min: 0, max: 65535 },
  "Longest keep alive of a client; 0 leaves it to the client. An MQTT 3.x client, which cannot be told, is disconnected after 1.5 times as long without a packet.",
);
export const maxQos: Field<0 | 1 | 2> = integer<0 | 1 | 2>(
  2,
  0,
  2,
  "Highest QoS that clients may publish with.",
);
export const retainAvailable = flag(
  true,
  "Whether clients may publish retained messages.",
);
