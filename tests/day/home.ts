import { Packets, pingreq, puback } from "../support/packets.ts";
import { Random } from "../support/random.ts";
import type { ReadPacket } from "../support/read_packet.ts";
import { until } from "../support/wait.ts";
import { Wire } from "../crash/wire.ts";

/** The size of a home, and how it lives. Times are the home's own. */
export interface HomePlan {
  /** Devices, each with a connection of its own. */
  readonly devices: number;
  /** Messages a second of all devices together. */
  readonly rate: number;
  /** Seconds of the home in a second of the machine. */
  readonly speed: number;
  /** Names the course of events. */
  readonly seed: number;
}

/** Figures of a home so far. */
export interface HomeCounts {
  /** Messages that devices published, at QoS 0 and 1. */
  readonly published: number;
  /** Messages of devices that reached the controller. */
  readonly received: number;
  /** Commands that the controller published, and devices received. */
  readonly commands: number;
  readonly obeyed: number;
  /** Topics with a retained message. */
  readonly topics: number;
  /** QoS 1 messages of devices that have not reached the controller. */
  readonly missing: number;
  /** Connections that devices have opened. */
  readonly connections: number;
}

const packets = new Packets(4);

/** What a device measures: each is a topic under `telemetry/`. */
const KINDS = ["temperature", "humidity", "power", "signal"];

/** One message in so many is a state at QoS 1; the rest is telemetry at QoS 0. */
const STATES = 5;

/** One message in so many is answered by a command. */
const COMMANDS = 30;

/** Hours from one connection of a device to its next one, on average. */
const RECONNECT_HOURS = 6;

/** Hours from one restart of the controller to the next, and how long (s). */
const RESTART_HOURS = 8;
const RESTART_SECONDS = 60;

interface Client {
  readonly wire: Wire;
  /** PINGRESPs received. */
  pings: number;
}

interface Device {
  readonly name: string;
  client: Client | null;
  nextId: number;
}

/** Resolves when the broker has read all that `client` has sent. */
async function settle(client: Client): Promise<void> {
  const before = client.pings;
  client.wire.send(pingreq());
  await until("PINGRESP", () => client.pings > before);
}

/**
 * A smart home of devices and one controller: the devices publish retained
 * telemetry and states, the controller subscribes to all of it and sends
 * commands. Devices reconnect now and then, with a will; the controller
 * restarts now and then, with a session that lasts.
 */
export class Home {
  readonly #port: number;
  readonly #plan: HomePlan;
  readonly #random: Random;
  readonly #devices: Device[] = [];
  readonly #topics = new Set<string>();
  /** QoS 1 messages under way to the controller, by number. */
  readonly #underway = new Set<number>();
  #controller: Client | null = null;
  #restartAt: number;
  #sent = 0;
  #received = 0;
  #commands = 0;
  #obeyed = 0;
  #connections = 0;
  /** Latencies (ms) since the last `takeLatencies`. */
  #latencies: number[] = [];

  /** The broker listens on `port` of this machine. */
  constructor(port: number, plan: HomePlan) {
    this.#port = port;
    this.#plan = plan;
    this.#random = new Random(plan.seed);
    this.#restartAt = RESTART_HOURS * 3600;
    for (let number = 1; number <= plan.devices; number++) {
      const room = Math.ceil(number / 10);
      const name = `room-${room}/device-${number}`;
      this.#devices.push({ name, client: null, nextId: 1 });
    }
  }

  /** What has happened so far. */
  get counts(): HomeCounts {
    return {
      published: this.#sent,
      received: this.#received,
      commands: this.#commands,
      obeyed: this.#obeyed,
      topics: this.#topics.size,
      missing: this.#underway.size,
      connections: this.#connections,
    };
  }

  /** Returns the latencies since the last call (ms), in ascending order. */
  takeLatencies(): number[] {
    const taken = this.#latencies.sort((a, b) => a - b);
    this.#latencies = [];
    return taken;
  }

  /** Connects the controller and all devices. */
  async open(): Promise<void> {
    await this.#startController();
    for (const device of this.#devices) await this.#connect(device);
  }

  /**
   * Lives on until `seconds` of the home since `open`; messages that are due
   * are sent. Call it every few ms.
   */
  async live(seconds: number): Promise<void> {
    const due = Math.floor(seconds * this.#plan.rate);
    const each = RECONNECT_HOURS * 3600 * this.#plan.rate /
      this.#devices.length;
    while (this.#sent < due) {
      const device = this.#random.pick(this.#devices);
      if (this.#random.chance(1 / each)) await this.#reconnect(device);
      this.#publish(device);
    }
    if (seconds < this.#restartAt) return;
    if (this.#controller !== null) {
      await settle(this.#controller);
      this.#controller.wire.close();
      this.#controller = null;
    } else if (seconds >= this.#restartAt + RESTART_SECONDS) {
      this.#restartAt += RESTART_HOURS * 3600;
      await this.#startController();
    }
  }

  /** Waits for all that is under way, and closes all connections. */
  async close(): Promise<void> {
    if (this.#controller === null) await this.#startController();
    await until("all QoS 1 messages", () => this.#underway.size === 0);
    await until("all commands", () => this.#obeyed >= this.#commands);
    for (const { client } of this.#devices) {
      client?.wire.send(packets.disconnect());
    }
    this.#controller?.wire.send(packets.disconnect());
  }

  /** Returns how many retained messages the broker has, except its own. */
  async countRetained(): Promise<number> {
    const wire = await this.#open();
    const topics = new Set<string>();
    wire.read(({ type, topic, retain }) => {
      // Devices go on publishing meanwhile.
      if (type === 3 && retain) topics.add(topic);
    });
    wire.send(packets.connect({ clientId: "counter" }));
    wire.send(packets.subscribe(1, ["#"]));
    await until(
      "the retained messages",
      () => topics.size >= this.#topics.size,
    );
    wire.close();
    return topics.size;
  }

  async #open(): Promise<Wire> {
    const wire = await Wire.open(this.#port, 4);
    if (wire === null) throw new Error(`no broker at port ${this.#port}`);
    this.#connections++;
    return wire;
  }

  async #startController(): Promise<void> {
    const wire = await this.#open();
    const client = this.#controller = { wire, pings: 0 };
    let isSubscribed = false;
    wire.read((packet) => {
      if (packet.type === 9) isSubscribed = true;
      if (packet.type === 13) client.pings++;
      if (packet.type === 3) this.#receive(wire, packet);
    });
    wire.send(packets.connect({ clientId: "controller", clean: false }));
    wire.send(packets.subscribe(1, [
      ["telemetry/#", 1],
      ["state/#", 1],
      ["online/#", 1],
    ]));
    await until("the controller's SUBACK", () => isSubscribed);
  }

  #receive(wire: Wire, packet: ReadPacket): void {
    if (packet.qos === 1) wire.send(puback(packet.packetId));
    if (packet.topic.startsWith("online/")) return;
    const [number, sentAt] = packet.payload.split(" ");
    // Retained messages of a SUBSCRIBE are old news.
    if (packet.retain) return;
    this.#underway.delete(Number(number));
    this.#received++;
    this.#latencies.push(performance.now() - Number(sentAt));
    if (Number(number) % COMMANDS !== 0) return;
    const name = packet.topic.split("/").slice(1, 3).join("/");
    this.#commands++;
    wire.send(packets.publish({
      ...{ topic: `command/${name}`, payload: "toggle", qos: 1 },
      id: this.#commands % 65_535 + 1,
    }));
  }

  async #connect(device: Device): Promise<void> {
    const { name } = device;
    const wire = await this.#open();
    const client = device.client = { wire, pings: 0 };
    let isSubscribed = false;
    wire.read((packet) => {
      if (packet.type === 9) isSubscribed = true;
      if (packet.type === 13) client.pings++;
      if (packet.type !== 3) return;
      this.#obeyed++;
      wire.send(puback(packet.packetId));
    });
    const online = `online/${name}`;
    const will = { topic: online, payload: "no", retain: true };
    // The session stays, so that no command is lost while it reconnects.
    const clientId = name.split("/")[1];
    wire.send(packets.connect({ clientId, will, clean: false }));
    wire.send(packets.subscribe(1, [[`command/${name}`, 1]]));
    wire.send(packets.publish({ topic: online, payload: "yes", retain: true }));
    this.#topics.add(online);
    await until("a device's SUBACK", () => isSubscribed);
  }

  /** Breaks the connection as a lost radio link does: the will is published. */
  async #reconnect(device: Device): Promise<void> {
    const { client } = device;
    if (client !== null) await settle(client);
    client?.wire.close();
    await this.#connect(device);
  }

  #publish(device: Device): void {
    const number = ++this.#sent;
    const isState = this.#random.below(STATES) === 0;
    const topic = isState
      ? `state/${device.name}`
      : `telemetry/${device.name}/${this.#random.pick(KINDS)}`;
    this.#topics.add(topic);
    // Some 60 bytes, as a small JSON object would have.
    const value = (this.#random.next() * 100).toFixed(2);
    const payload = `${number} ${
      performance.now().toFixed(3)
    } {"value":${value}}`.padEnd(60);
    const id = device.nextId;
    device.nextId = id % 65_535 + 1;
    if (isState) this.#underway.add(number);
    device.client!.wire.send(packets.publish({
      ...{ topic, payload, id, retain: true },
      qos: isState ? 1 : 0,
    }));
  }
}
