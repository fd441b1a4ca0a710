import { PacketType } from "../../mqtt/mod.ts";

/** PINGREQ (3.12), the same in every version. Callers must not write to it. */
export const PINGREQ: Uint8Array = Uint8Array.of(PacketType.Pingreq << 4, 0);

/** PINGRESP (3.13), the same in every version. Callers must not write to it. */
export const PINGRESP: Uint8Array = Uint8Array.of(PacketType.Pingresp << 4, 0);
