import assert from "node:assert/strict";
import { join } from "node:path";
import { unzipSync } from "fflate";
import { authority } from "../../src/cli/authority/authority.ts";
import { runProgram } from "../../src/cli/program.ts";
import { SystemClock } from "../../src/clock/mod.ts";
import { openssl, opensslOk } from "../security/openssl.ts";

/** What a command answered. */
interface Answer {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Commands that this test does not call. */
const unused = () => Promise.reject(new Error("not what was asked for"));

/** A folder for an authority and what comes of it, and the commands on it. */
class Place implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "dunlin-cli-" });
  /** Everything that any command has said here. */
  said = "";

  /** Where `name` lies. */
  at(name: string): string {
    return join(this.folder, name);
  }

  /** The text of a file. */
  read(name: string): string {
    return Deno.readTextFileSync(this.at(name));
  }

  /** Runs a command line, as it would be typed, on this place's authority. */
  async run(...args: readonly string[]): Promise<Answer> {
    const answer = { code: -1, out: "", err: "" };
    const output = {
      out: (text: string) => answer.out += text,
      err: (text: string) => answer.err += text,
    };
    const environment = {
      DUNLIN_AUTHORITY__PATH: join(this.folder, "dunlin/authority"),
    };
    const clock = new SystemClock();
    const run = (
      ...called: Parameters<typeof authority> extends
        [infer N, infer A, infer O, ...unknown[]] ? [N, A, O] : never
    ) => authority(...called, environment, output, clock);
    const commands = {
      serve: unused,
      check: unused,
      store: unused,
      passwd: unused,
      importMosquitto: unused,
      admin: unused,
      explain: unused,
      health: unused,
      status: unused,
      trace: unused,
      record: unused,
      replay: unused,
      upgrade: unused,
      service: unused,
      completion: unused,
      authority: run,
    };
    answer.code = await runProgram(args, commands, output);
    this.said += answer.out + answer.err;
    return answer;
  }

  /** The same; it must succeed. Returns what it printed. */
  async ok(...args: readonly string[]): Promise<string> {
    const { code, out, err } = await this.run(...args);
    assert.equal(code, 0, err + out);
    assert.equal(err, "");
    return out;
  }

  /** The same as JSON. */
  async json(...args: readonly string[]): Promise<Record<string, unknown>> {
    const answer = JSON.parse(await this.ok(...args, "--json"));
    assert.equal(answer.ok, true);
    return answer;
  }

  /** The same; it must fail, and say so alike to people and to programs. */
  async fails(message: RegExp, ...args: readonly string[]): Promise<void> {
    const people = await this.run(...args);
    assert.equal(people.code, 1);
    assert.match(people.err, message);
    assert.doesNotMatch(people.err, /\n {4}at /, "a stack");
    const programs = await this.run(...args, "--json");
    const answer = JSON.parse(programs.out);
    assert.equal(answer.ok, false);
    assert.match(answer.message, message);
    assert.equal(programs.err, "");
  }

  /** Issues a certificate for a client; returns its fingerprint. */
  async client(name: string, ...args: readonly string[]): Promise<string> {
    const out = this.at(name);
    const answer = await this.json(
      ...["cert", "issue", name, "--out", out, ...args],
    );
    return String(answer.fingerprint);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

function mode(path: string): number {
  return Deno.statSync(path).mode! & 0o777;
}

Deno.test("ca: made, shown, exported; its key stays where it is", async () => {
  await using place = new Place();
  await place.fails(/there is no authority.*dunlin ca create/, "ca", "show");
  const made = await place.ok("ca", "create", "--name", "Home");
  assert.match(made, /The authority CN=Home\n/);
  assert.match(made, /dunlin cert issue NAME/);
  const shown = await place.json("ca", "show");
  assert.equal(shown.certificate, place.at("dunlin/authority/ca.crt"));
  assert.equal(shown.canIssue, true);
  const print = (await place.ok("ca", "thumbprint")).trim();
  assert.equal(shown.fingerprint, print);
  const said = await opensslOk(
    place.folder,
    ...["x509", "-in", "dunlin/authority/ca.crt", "-noout"],
    ...["-fingerprint", "-sha256"],
  );
  assert.equal(
    said.split("=")[1].replaceAll(":", "").trim().toLowerCase(),
    print,
  );
  const pem = place.read("dunlin/authority/ca.crt");
  assert.equal(await place.ok("ca", "export"), pem);
  await place.ok("ca", "export", "--out", place.at("out.crt"));
  assert.equal(place.read("out.crt"), pem);
  await place.fails(/already.*--replace/, "ca", "create");
  await place.ok("ca", "export", "--out", place.at("out.crt"));
  await place.ok("ca", "create", "--replace", "--key-type", "ed25519");
  const other = await place.ok("ca", "export");
  assert.notEqual(other, pem);
  const again = ["ca", "export", "--out", place.at("out.crt")];
  await place.fails(/out\.crt exists: .*--force/, ...again);
  assert.equal(place.read("out.crt"), pem);
  await place.ok(...again, "--force");
  assert.equal(place.read("out.crt"), other);
});

Deno.test("ca import: without the key it says why it cannot issue, with it it does", async () => {
  await using place = new Place();
  await opensslOk(
    place.folder,
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes"],
    ...["-keyout", "open.key", "-out", "root.crt", "-subj", "/CN=Root"],
  );
  const lock = (cipher: string, out: string) =>
    opensslOk(
      place.folder,
      ...["pkcs8", "-topk8", "-in", "open.key", "-out", out, "-v2", cipher],
      ...["-passout", "pass:sesame"],
    );
  await lock("aes-256-cbc", "root.key");
  await lock("des3", "old.key");
  const crt = place.at("root.crt");
  const key = place.at("root.key");
  await place.fails(
    /nowhere\.crt: there is no such file/,
    "ca",
    "import",
    "nowhere.crt",
  );
  assert.match(
    await place.ok("ca", "import", crt),
    /not here: the authority verifies/,
  );
  await place.fails(
    /without its private key/,
    "cert",
    "issue",
    "a",
    "--out",
    place.at("a"),
  );
  assert.throws(() => Deno.statSync(place.at("a")), Deno.errors.NotFound);
  const more = ["--replace", "--key", key];
  await place.fails(/encrypted.*--password-file/, "ca", "import", crt, ...more);
  await Deno.writeTextFile(place.at("password"), "sesame\n");
  const password = ["--password-file", place.at("password")];
  const old = ["--replace", "--key", place.at("old.key")];
  await place.fails(
    /old\.key is .*openssl pkcs8 -topk8/,
    ...["ca", "import", crt, ...old, ...password],
  );
  await place.ok("ca", "import", crt, ...more, ...password);
  await place.client("a");
  await opensslOk(
    place.folder,
    ...["verify", "-CAfile", "root.crt", "-purpose", "sslclient", "a/a.crt"],
  );
});

Deno.test("cert issue: key, certificate, authority, lines to paste; on the list", async () => {
  await using place = new Place();
  await place.ok("ca", "create");
  const print = await place.client("sensor-1", "--host", "b.example");
  const names = [...Deno.readDirSync(place.at("sensor-1"))].map((f) => f.name);
  assert.deepEqual(names.sort(), [
    "README.md",
    "ca.crt",
    "certificates.h",
    "sensor-1.crt",
    "sensor-1.key",
  ]);
  assert.equal(mode(place.at("sensor-1/sensor-1.key")), 0o600);
  assert.equal(mode(place.at("sensor-1/certificates.h")), 0o600);
  const readme = place.read("sensor-1/README.md");
  for (
    const line of [
      "mosquitto_pub -h b.example -p 8883 --cafile ca.crt --cert sensor-1.crt --key sensor-1.key",
      `mqtt.connect("mqtts://b.example:8883"`,
      `hostname="b.example"`,
      "_binary_sensor_1_key_start",
      `client.setServer("b.example", 8883)`,
    ]
  ) assert.ok(readme.includes(line), line);
  const key = place.read("sensor-1/sensor-1.key");
  assert.ok(place.read("sensor-1/certificates.h").includes(key.trim()));
  const [first] = (await place.json("cert", "list")).certificates as Record<
    string,
    unknown
  >[];
  assert.equal(first.fingerprint, print);
  assert.equal(first.state, "authorized");
  // Twice would overwrite a key that may be in use.
  await place.fails(
    /sensor-1\.key exists: .*--out/,
    ...["cert", "issue", "sensor-1", "--out", place.at("sensor-1")],
  );
  // What cannot be handed over is not issued.
  const { certificates } = await place.json("cert", "list");
  assert.equal((certificates as unknown[]).length, 1);
});

Deno.test("cert issue: into a zip that only this user can read", async () => {
  await using place = new Place();
  await place.ok("ca", "create");
  const out = place.at("all.zip");
  await place.ok("cert", "issue", "ca", "--out", out, "--key-type", "rsa2048");
  assert.equal(mode(out), 0o600);
  const files = unzipSync(Deno.readFileSync(out));
  // A device that is called like the authority does not take its file's name.
  assert.deepEqual(Object.keys(files).sort(), [
    "README.md",
    "ca.crt",
    "certificate_ca.crt",
    "certificate_ca.key",
    "certificates.h",
  ]);
  for (const [name, content] of Object.entries(files)) {
    await Deno.writeFile(place.at(name), content);
  }
  await opensslOk(
    place.folder,
    ...["verify", "-CAfile", "ca.crt", "-purpose", "sslclient"],
    "certificate_ca.crt",
  );
  await place.fails(
    /all\.zip exists/,
    "cert",
    "issue",
    "b",
    "--out",
    out,
  );
});

Deno.test("cert issue --server: names where clients look for them, not on the list", async () => {
  await using place = new Place();
  await place.ok("ca", "create");
  await place.ok(
    ...["cert", "issue", "b.example", "--server", "--ip", "192.0.2.1"],
    ...["--dns", "*.b.example", "--out", place.at("b")],
  );
  for (
    const name of [["-verify_hostname", "x.b.example"], [
      "-verify_ip",
      "192.0.2.1",
    ]]
  ) {
    await opensslOk(
      place.folder,
      ...["verify", "-CAfile", "b/ca.crt", "-purpose", "sslserver", ...name],
      "b/b.example.crt",
    );
  }
  assert.match(place.read("b/README.md"), /cert = "b\.example\.crt"/);
  assert.match(await place.ok("cert", "list"), /^issued .* b\.example$/m);
});

Deno.test("cert sign: a request's certificate goes beside it, or to standard output", async () => {
  await using place = new Place();
  await place.ok("ca", "create");
  await opensslOk(
    place.folder,
    ...["req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", "d.key"],
    ...["-out", "d.csr", "-subj", "/CN=d"],
  );
  const { files } = await place.json("cert", "sign", place.at("d.csr"));
  assert.deepEqual(files, [place.at("d.crt")]);
  const before = place.read("d.crt");
  const listed = await place.ok("cert", "list");
  await place.fails(
    /d\.crt exists: .*--force/,
    "cert",
    "sign",
    place.at("d.csr"),
  );
  assert.equal(place.read("d.crt"), before);
  assert.equal(await place.ok("cert", "list"), listed, "nothing was issued");
  await place.ok("cert", "sign", place.at("d.csr"), "--force");
  assert.notEqual(place.read("d.crt"), before);
  const pem = await place.ok("cert", "sign", place.at("d.csr"), "--out", "-");
  await Deno.writeTextFile(place.at("e.crt"), pem);
  for (const file of ["d.crt", "e.crt"]) {
    const args = ["verify", "-CAfile", "dunlin/authority/ca.crt", file];
    await opensslOk(place.folder, ...args);
  }
  await place.fails(
    /no certificate request/,
    ...["cert", "sign", place.at("d.key"), "--out", "-"],
  );
});

Deno.test("cert: authorized, revoked, taken back, removed", async () => {
  await using place = new Place();
  await place.ok("ca", "create");
  const print = await place.client("pump");
  const short = print.slice(0, 8);
  const state = async () => (await place.json("cert", "show", "pump")).state;
  assert.equal(await state(), "authorized");
  await place.fails(/not revoked, but authorized/, "cert", "unrevoke", "pump");
  await place.ok("cert", "revoke", short, "--note", "lost");
  assert.equal(await state(), "revoked");
  assert.match(
    await place.ok("cert", "list", "--state", "revoked"),
    /\(lost\)/,
  );
  assert.equal(await place.ok("cert", "list", "--state", "pending"), "none\n");
  await place.fails(/dunlin cert unrevoke/, "cert", "authorize", "pump");
  await place.fails(/would accept it again.*--force/, "cert", "remove", "pump");
  await place.ok("cert", "unrevoke", place.at("pump/pump.crt"));
  assert.equal(await state(), "authorized");
  await place.ok("cert", "remove", "pump");
  await place.fails(
    /there is no certificate "pump"/,
    "cert",
    "show",
    "pump",
  );
  // Known again from its file alone.
  await place.ok("cert", "revoke", place.at("pump/pump.crt"));
  await place.ok("cert", "remove", print, "--force");
  await place.fails(/is not on the list/, "cert", "remove", print);
});

Deno.test("cert authorize: a stranger's file, or nothing but a fingerprint", async () => {
  await using place = new Place();
  await opensslOk(
    place.folder,
    ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "s.key"],
    ...["-out", "s.crt", "-subj", "/CN=self", "-days", "3"],
  );
  await opensslOk(
    place.folder,
    ...["x509", "-in", "s.crt", "-outform", "DER", "-out", "s.der"],
  );
  const one = await place.json("cert", "authorize", place.at("s.crt"));
  const two = await place.json("cert", "authorize", place.at("s.der"));
  assert.equal(one.fingerprint, two.fingerprint);
  assert.equal(one.name, "self");
  const colons = "AB:".repeat(31) + "AB";
  const other = await place.json("cert", "authorize", colons, "--name", "x");
  assert.equal(other.fingerprint, "ab".repeat(32));
  const list = place.read("dunlin/authority/certificates.json");
  const { version, certificates } = JSON.parse(list);
  assert.equal(version, 1);
  assert.equal(certificates["ab".repeat(32)].state, "authorized");
  assert.equal(certificates["ab".repeat(32)].expires, null);
  await place.fails(/cannot be renewed/, "cert", "renew", "self");
});

Deno.test("cert: what a stranger is called cannot play with the terminal, nor with files", async () => {
  await using place = new Place();
  await place.ok("ca", "create");
  const name = "\u001b[2J\u001b[31mroot\n";
  const path = place.at("pump/pump.crt");
  const mine = await place.client("pump");
  const list = place.at("dunlin/authority/certificates.json");
  const { version, certificates } = JSON.parse(Deno.readTextFileSync(list));
  const entry = { ...certificates[mine], state: "pending", subject: name };
  certificates["c".repeat(64)] = { ...entry, name };
  certificates["d".repeat(64)] = { ...entry, name: path };
  await Deno.writeTextFile(list, JSON.stringify({ version, certificates }));
  const out = await place.ok("cert", "list");
  assert.ok(out.includes("?[2J?[31mroot?"));
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(out, /\x1b/);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(await place.ok("cert", "show", "c".repeat(8)), /\x1b/);
  const meant = await place.json("cert", "authorize", path);
  assert.equal(meant.fingerprint, mine);
});

Deno.test("cert renew: the same key, in its place; the latest of a name is meant", async () => {
  await using place = new Place();
  await place.ok("ca", "create");
  await place.client("pump", "--days", "30");
  const key = place.read("pump/pump.key");
  const before = place.read("pump/pump.crt");
  const out = ["--out", place.at("pump")];
  const renewed = await place.json(
    "cert",
    "renew",
    "pump",
    ...out,
    "--days",
    "60",
  );
  const after = place.read("pump/pump.crt");
  assert.notEqual(after, before);
  assert.equal(place.read("pump/pump.key"), key);
  const header = place.read("pump/certificates.h");
  assert.ok(header.includes(after.trim()) && !header.includes(before.trim()));
  await place.fails(
    /2 certificates have the name "pump"/,
    "cert",
    "revoke",
    "pump",
  );
  const again = await place.json(
    "cert",
    "renew",
    "pump",
    ...out,
    "--days",
    "90",
  );
  assert.equal(again.renewed, renewed.fingerprint);
  await place.fails(
    /pump\.key exists/,
    "cert",
    "renew",
    "pump",
    ...out,
    "--new-key",
  );
  const fresh = ["--new-key", "--out", place.at("fresh")];
  await place.ok("cert", "renew", "pump", ...fresh);
  assert.notEqual(place.read("fresh/pump.key"), key);
  await opensslOk(
    place.folder,
    ...["verify", "-CAfile", "fresh/ca.crt", "-purpose", "sslclient"],
    "fresh/pump.crt",
  );
});

Deno.test("ca, cert: no command ever says a private key", async () => {
  await using place = new Place();
  await place.ok("ca", "create");
  await place.client("pump");
  const show = [["ca", "show"], ["ca", "export"], ["cert", "list"]];
  for (const args of [...show, ["cert", "show", "pump"]]) {
    await place.ok(...args);
    await place.json(...args);
  }
  await place.fails(
    /no certificate/,
    "ca",
    "import",
    place.at("pump/pump.key"),
    "--replace",
  );
  const keys = ["dunlin/authority/ca.key", "pump/pump.key"].map((name) =>
    place.read(name)
  );
  for (const key of keys) {
    for (const line of key.split("\n").slice(1, -2)) {
      assert.ok(!place.said.includes(line), "a line of a private key");
    }
  }
  assert.doesNotMatch(place.said, /PRIVATE KEY-----\n?[A-Za-z0-9]/);
});

Deno.test("ca, cert: mistakes on the command line are told with 2", async () => {
  await using place = new Place();
  const wrong: readonly [args: readonly string[], message: RegExp][] = [
    [["ca", "create", "--days", "0"], /Give 1 to 36500/],
    [["ca", "create", "--key-type", "dsa"], /p256, p384/],
    [["cert", "issue"], /missing required argument 'NAME'/],
    [["cert", "isue", "a"], /Did you mean issue/],
    [["cert", "list", "--state", "gone"], /authorized, pending, revoked/],
  ];
  for (const [args, message] of wrong) {
    const { code, err } = await place.run(...args);
    assert.equal(code, 2);
    assert.match(err, message);
  }
  assert.deepEqual([...Deno.readDirSync(place.folder)], []);
});

Deno.test("ca: a folder that cannot be written is told so", async () => {
  await using place = new Place();
  await Deno.writeTextFile(place.at("file"), "");
  const where = ["--authority", place.at("file/authority")];
  await place.fails(
    /folder .*file\/authority cannot be made/,
    "ca",
    "create",
    ...where,
  );
  assert.equal((await openssl(place.folder, "version")).success, true);
});
