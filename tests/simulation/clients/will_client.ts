import type { ConnectOptions } from "../../support/packets.ts";
import { payloadOf, type SimulatedMessage } from "../ledger.ts";
import { Client } from "./client.ts";

/** Bytes that the broker counts for a held message beside its own. */
const HOLDING = 96;

/** A client that does nothing but have a will, another one each time. */
export class WillClient extends Client {
  /** The will of the present connection. */
  #will: SimulatedMessage | null = null;
  /** Whether the broker has it: CONNACK came. */
  #isArmed = false;

  override get unfinished(): string {
    return "";
  }

  /** Bytes that the will of an open connection counts as queued. */
  get held(): number {
    if (this.#will === null) return 0;
    return this.#will.topic.length + payloadOf(this.#will).length + HOLDING;
  }

  /** Wills that it took leave with, and the broker does not say to know of. */
  #goodbyes: SimulatedMessage[] = [];

  override disconnect(): void {
    // One that was not answered is cut off instead.
    const will = this.isOpen ? this.#will : null;
    super.disconnect();
    if (will !== null) this.#goodbyes.push(will);
  }

  override orphaned(): void {
    this.#goodbyes = [];
    super.orphaned();
  }

  /** The will must not be published [MQTT-3.14.4-3]. */
  override saidGoodbye(): void {
    const will = this.#goodbyes.shift();
    if (will === undefined) return;
    will.mustNot = true;
    will.touchedAt = this.world.events;
  }

  /** The broker publishes the will [MQTT-3.1.2-8]. */
  override cut(): void {
    const will = this.#will;
    const isArmed = this.#isArmed && this.isConnected;
    super.cut();
    if (will === null || !isArmed) return;
    will.mayBeLost = false;
    // As if it had been acknowledged: it is the broker's from now on.
    will.sentAt = will.touchedAt = this.world.events;
    will.takenAt = will.ackedAt = will.sentAt;
    will.ackedTime = this.world.now;
  }

  protected override connectOptions(): ConnectOptions {
    const topic = `w/${this.id}`;
    const will = this.ledger.add({
      publisher: this.id,
      topic,
      qos: 1,
      retain: false,
      isEmpty: false,
      expiry: 0,
      isWill: true,
    });
    // Unless it is cut off while the broker lives, both is right.
    will.mayBeLost = true;
    this.#will = will;
    this.#isArmed = false;
    // A DISCONNECT that is still under way comes too late.
    this.#goodbyes = [];
    return { will: { topic, payload: payloadOf(will), qos: 1 } };
  }

  protected override accepted(): void {
    this.#isArmed = true;
  }

  protected override receive(): void {}

  protected override left(): void {
    this.#will = null;
    this.#isArmed = false;
  }

  protected override forget(): void {}
}
