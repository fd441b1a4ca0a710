import assert from "node:assert/strict";
import { SYS_INTERVAL, sysFigures } from "../limits/sys_figures.ts";
import { settle, turn } from "../support/settle.ts";
import { TestBroker } from "../support/test_broker.ts";
import type { Plan, Step } from "./session_plan.ts";
import { ModelPublisher } from "./session_publisher.ts";
import { ModelReceiver } from "./session_receiver.ts";

/** A connect that begins nothing anew. */
const STAYING = { clean: false, window: 20 } as const;

/** Seconds that the sessions of receivers outlive their connection. */
const EXPIRY = 10;

/** One run: a broker, a publisher, two receivers, and their steps. */
export class World {
  readonly #plan: Plan;
  readonly #broker: TestBroker;
  readonly #publisher: ModelPublisher;
  readonly #receivers: readonly ModelReceiver[];
  #messages = 0;

  constructor(plan: Plan) {
    this.#plan = plan;
    const { window } = plan;
    this.#broker = new TestBroker({
      limits: { max_inflight: window },
      session: {
        expiry_v3: EXPIRY,
        backlog_messages: plan.backlogMessages,
        backlog_bytes: plan.backlogBytes,
        backlog_policy: plan.policy,
        queue_qos0: plan.queueQos0,
      },
      sys: { interval: SYS_INTERVAL },
    });
    this.#publisher = new ModelPublisher(this.#broker);
    const make = (clientId: string, version: 4 | 5, qos: 1 | 2) =>
      new ModelReceiver(this.#broker, {
        clientId,
        version,
        qos,
        window,
        expiry: EXPIRY,
      });
    this.#receivers = [make("first", 5, 2), make("second", 4, 2)];
  }

  /** Runs the plan from start to end; throws what is wrong. */
  async run(): Promise<void> {
    this.#publisher.connect(this.#plan.capacity);
    for (const receiver of this.#receivers) {
      receiver.connect(STAYING, this.#plan.capacity);
    }
    await settle();
    for (const step of this.#plan.steps) await this.#take(step);
    await settle();
    if (this.#plan.abandoned) await this.#abandon();
    else await this.#finish();
    await this.#broker.stop();
  }

  async #take(step: Step): Promise<void> {
    const receiver = "who" in step ? this.#receivers[step.who] : undefined;
    switch (step.do) {
      case "publish":
        return this.#publish(step);
      case "take":
        (receiver ?? this.#publisher).take(step.count);
        return;
      case "ack":
        receiver!.acknowledge(step.count);
        return;
      case "drop":
        // Which messages belong to a session's life must be beyond doubt
        // where that life may end.
        if (receiver !== undefined) {
          await settle();
          receiver.drop(step.kind);
        } else this.#publisher.drop(step.kind === "abort" ? "abort" : "close");
        return await settle();
      case "connect":
        await settle();
        if (receiver === undefined) {
          this.#publisher.drop("close");
          await settle();
          this.#publisher.connect(this.#plan.capacity);
        } else receiver.connect(step, this.#plan.capacity);
        return await settle();
      case "read":
        receiver!.reading = step.on;
        return;
      case "turns":
        for (let at = 0; at < step.count; at++) await turn();
        return;
      case "wait":
        return await this.#broker.advance(step.halves * 500);
    }
  }

  #publish(step: Step & { do: "publish" }): void {
    if (!this.#publisher.connected || !this.#publisher.free) return;
    const message = { ...step, number: ++this.#messages };
    for (const receiver of this.#receivers) receiver.expect(message);
    this.#publisher.publish(message);
  }

  /** Everybody comes back and takes all there is; then nothing may be left. */
  async #finish(): Promise<void> {
    this.#publisher.drop("close");
    await settle();
    this.#publisher.connect(65536);
    for (const receiver of this.#receivers) {
      if (!receiver.connected) receiver.connect(STAYING, 65536);
      receiver.reading = true;
    }
    await this.#drain();
    await this.#probe();
    assert.equal(this.#publisher.unfinished, 0, "not acknowledged");
    const figures = await this.#figures();
    const dropped = Number(figures.get("dropped/backlog-messages")) +
      Number(figures.get("dropped/backlog-bytes"));
    let missing = 0;
    for (const receiver of this.#receivers) {
      assert.equal(receiver.unreleased, 0, "PUBREL did not come");
      missing += receiver.missing.length;
    }
    assert.ok(missing <= dropped, `lost: ${missing}, counted: ${dropped}`);
  }

  /** Takes and acknowledges until nothing comes any more. */
  async #drain(): Promise<void> {
    for (let quiet = 0; quiet < 2; quiet++) {
      await settle();
      for (const one of [this.#publisher, ...this.#receivers]) {
        if (one.take(1000) > 0) quiet = 0;
        assert.ok(one.connected, "the broker has closed a good connection");
      }
      for (const one of this.#receivers) {
        if (one.acknowledge(1000) > 0) quiet = 0;
      }
    }
  }

  /** Those who have taken all get the next message at once, at any QoS. */
  async #probe(): Promise<void> {
    for (const qos of [0, 1]) {
      const number = ++this.#messages;
      const about = { topic: "t/a", expiry: 0, padding: 0 };
      this.#publisher.publish({ ...about, number, qos });
      await this.#drain();
      for (const receiver of this.#receivers) {
        assert.ok(receiver.has(number), `QoS ${qos} does not come`);
      }
    }
  }

  /** Everybody goes, and the sessions expire: they must leave nothing. */
  async #abandon(): Promise<void> {
    this.#publisher.drop("close");
    for (const receiver of this.#receivers) receiver.drop("abort");
    await settle();
    await this.#broker.advance(EXPIRY * 1000);
    const figures = await this.#figures();
    assert.equal(figures.get("clients/total"), "1", "only the publisher's");
    assert.equal(figures.get("subscriptions/count"), "0");
  }

  async #figures(): Promise<Map<string, string>> {
    const figures = await sysFigures(this.#broker);
    assert.equal(figures.get("store/messages/count"), "0", "queued messages");
    assert.equal(figures.get("store/messages/bytes"), "0", "queued bytes");
    return figures;
  }
}
