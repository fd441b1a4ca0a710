import type { Field } from "./field.ts";
import { duration, integer, size } from "./number_fields.ts";
import { KIB, MIB } from "../text/units.ts";
import { flag } from "./word_fields.ts";

/** Time spans within the broker count ms; those told to clients count s. */
export const wait = { unit: 1, min: 100, max: 3600_000 };

// Fields that a section sets for all listeners, and each listener for itself.

export const packetSize = size(
  16 * MIB,
  KIB,
  256 * MIB,
  "Largest packet that a client may send, header included.",
);
export const receiveMaximum = integer(
  1000,
  1,
  65535,
  "Receive Maximum: unacknowledged QoS 1 and 2 messages of one MQTT 5.0 client. MQTT 3.x has no such limit.",
);
export const aliasMaximum = integer(
  100,
  0,
  65535,
  "Topic aliases that a client may set; 0 turns them off.",
);
export const connectTimeout = duration(
  10_000,
  wait,
  "Time for a complete CONNECT.",
);
export const keepAlive = duration(
  0,
  { unit: 1000, min: 0, max: 65535 },
  "Longest keep alive; 0 sets no limit. MQTT 3.x has no Server Keep Alive: the broker disconnects such a client after 1.5 times this time without a packet.",
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
