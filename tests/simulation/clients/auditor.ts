import { puback } from "../../support/packets.ts";
import type { ReadPacket } from "../../support/read_packet.ts";
import { Client } from "./client.ts";

/** Looks at what is retained. */
export class Auditor extends Client {
  /** Payloads by topic. */
  readonly found = new Map<string, string>();

  override get unfinished(): string {
    return "";
  }

  protected override accepted(): void {
    this.found.clear();
    this.send("SUBSCRIBE r/#", this.packets.subscribe(1, [["r/#", 1]]));
  }

  protected override receive(
    { type, topic, payload, qos, packetId }: ReadPacket,
  ): void {
    if (type !== 3) return;
    this.found.set(topic, payload);
    if (qos === 1) this.send(`PUBACK id ${packetId}`, puback(packetId));
  }

  protected override left(): void {}

  protected override forget(): void {}
}
