import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import mqtt, { type IClientOptions } from "mqtt";
import { Packets } from "../support/packets.ts";
import { BrokerProcess } from "../support/process.ts";
import { within } from "../support/wait.ts";
import { Workshop } from "../support/workshop.ts";
import { clientCertificate } from "./logins/certificate_table.ts";
import { anonymous, passwordFile, users } from "./logins/password_tables.ts";
import { jwt } from "./logins/token_table.ts";
import { http } from "./logins/web_table.ts";
import type {
  Login,
  LoginCell,
  LoginPlace,
  LoginTable,
} from "./logins/table.ts";
import { mosquittoClients, opensslProgram, testWith } from "./programs.ts";

const tables: readonly LoginTable[] = [
  passwordFile,
  users,
  anonymous,
  clientCertificate,
  jwt,
  http,
];

/** What 3.1.1 says for a reason code of 5.0 (3.1.1, 3.2.2.3). */
const RETURN_CODES = { 0: 0, 0x86: 4, 0x87: 5 } as const;

/** One broker with a listener for each table. */
class World implements AsyncDisposable {
  private constructor(
    readonly broker: BrokerProcess,
    readonly workshop: Workshop,
    readonly places: ReadonlyMap<LoginTable, LoginPlace & { ca?: string }>,
    readonly closing: readonly (() => Promise<void>)[],
  ) {}

  static async open(): Promise<World> {
    const workshop = await Workshop.open();
    const places = new Map<LoginTable, LoginPlace & { ca?: string }>();
    const closing: (() => Promise<void>)[] = [];
    let config = `[access]\nlogin_delay = "0s"\nmax_failures = 0\n`;
    for (const table of tables) {
      const { type } = table;
      const prepared = await table.prepare(workshop);
      const { auth, more = "", listener = "", ca, made = {} } = prepared;
      if (prepared.close !== undefined) closing.push(prepared.close);
      places.set(table, { workshop, made, ca });
      config += `[[listener]]\nname = "${type}"\nport = 0\n${listener}\n` +
        `[[auth]]\ntype = "${type}"\nlistener = "${type}"\n${auth}\n${more}\n`;
    }
    const broker = await BrokerProcess.start({ config });
    return new World(broker, workshop, places, closing);
  }

  /** Where a client of `table` connects, and by what. */
  async door(table: LoginTable, { login }: LoginCell) {
    const place = this.places.get(table)!;
    const given = typeof login === "function" ? await login(place) : login;
    return { ...place, given, port: this.broker.port(table.type) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.broker[Symbol.asyncDispose]();
    for (const close of this.closing) await close();
    await this.workshop[Symbol.asyncDispose]();
  }
}

let world: World;
Deno.test.beforeAll(async () => {
  world = await World.open();
});
Deno.test.afterAll(async () => {
  await world[Symbol.asyncDispose]();
});

/** The code with which MQTT.js is let in or refused. */
async function byMqttJs(
  port: number,
  ca: string | undefined,
  { username, password, certificate }: Login,
  version: 4 | 5,
): Promise<number> {
  const read = (path: string) => Deno.readTextFileSync(path);
  const options: IClientOptions = {
    protocolVersion: version,
    reconnectPeriod: 0,
    username,
    password: typeof password === "object" ? Buffer.from(password) : password,
    ...(ca === undefined ? {} : { ca: read(ca) }),
    ...(certificate === undefined ? {} : {
      cert: read(certificate.cert),
      key: read(certificate.key),
    }),
  };
  const scheme = ca === undefined ? "mqtt" : "mqtts";
  const client = mqtt.connect(`${scheme}://localhost:${port}`, options);
  try {
    return await within(
      "the answer to MQTT.js",
      new Promise<number>((resolve, reject) => {
        client.on("connect", () => resolve(0));
        client.on("error", (error) => {
          const { code } = error as { code?: unknown };
          if (typeof code === "number") resolve(code);
          else reject(error);
        });
        client.on("close", () => reject(new Error("closed before CONNACK")));
      }),
    );
  } finally {
    await client.endAsync(true);
  }
}

/** The code with which `mosquitto_pub` (3.1.1) is let in or refused. */
async function byMosquitto(
  port: number,
  ca: string | undefined,
  { username, password, certificate }: Login,
): Promise<number> {
  const args = ["-h", "localhost", "-p", `${port}`, "-t", "t", "-m", "m"];
  if (username !== undefined) args.push("-u", username);
  if (password !== undefined) args.push("-P", `${password}`);
  if (ca !== undefined) args.push("--cafile", ca);
  if (certificate !== undefined) {
    args.push("--cert", certificate.cert, "--key", certificate.key);
  }
  const command = new Deno.Command(mosquittoClients.command!, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  });
  const { code, stderr } = await command.output();
  // It ends with the code that it was refused by; 1 is a mistake of ours.
  assert.notEqual(code, 1, new TextDecoder().decode(stderr));
  return code;
}

/** The code of CONNACK, for what no client of a library would send. */
async function byHand(port: number, { password }: Login): Promise<number> {
  using conn = await Deno.connect({ port });
  await conn.write(new Packets(5).connect({ password }));
  const answer = new Uint8Array(64);
  const count = await within("CONNACK", conn.read(answer));
  assert.ok(count !== null && answer[0] === 0x20);
  return answer[3];
}

for (const table of tables) {
  for (const cell of table.cells) {
    const name = `logins: ${table.type}, ${cell.kind}: ${cell.name}`;
    if (cell.isOnlyV5) {
      testWith([opensslProgram], `${name} (by hand)`, async () => {
        const { port, given } = await world.door(table, cell);
        assert.equal(await byHand(port, given), cell.code);
      });
      continue;
    }
    testWith([opensslProgram], `${name} (MQTT.js)`, async () => {
      const { port, ca, given } = await world.door(table, cell);
      assert.equal(await byMqttJs(port, ca, given, 5), cell.code);
      const code = RETURN_CODES[cell.code];
      assert.equal(await byMqttJs(port, ca, given, 4), code);
    });
    if (cell.isOnlyMqttJs) continue;
    testWith(
      [opensslProgram, mosquittoClients],
      `${name} (mosquitto_pub)`,
      async () => {
        const { port, ca, given } = await world.door(table, cell);
        const code = await byMosquitto(port, ca, given);
        assert.equal(code, RETURN_CODES[cell.code]);
      },
    );
  }
}

Deno.test("logins: every authenticator has a cell of each kind", () => {
  for (const { type, cells } of tables) {
    const kinds = new Set(cells.map(({ kind }) => kind));
    for (const kind of ["right", "wrong"] as const) {
      assert.ok(kinds.has(kind), `${type}: ${kind}`);
    }
    assert.ok(kinds.has("absent") || kinds.has("malformed"), type);
  }
});
