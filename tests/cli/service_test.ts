import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { presentProgram } from "../../src/cli/service/present_program.ts";
import { service, type ServiceScene } from "../../src/cli/service/service.ts";
import type {
  ServiceCommandName,
  ServiceOptions,
} from "../../src/cli/service/service_program.ts";
import { commandOf } from "../../src/cli/service/service_status.ts";
import { systemdUnit } from "../../src/cli/service/systemd_unit.ts";

const UNIT = "etc/systemd/system/dunlin.service";

/** A machine in a folder, with systemd, and the commands run on it. */
class Machine implements AsyncDisposable {
  readonly root: string;
  #scene: ServiceScene;

  private constructor(root: string) {
    this.root = root;
    this.#scene = {
      system: "linux",
      uid: 0,
      environment: { HOME: "/home/ann" },
      program: { command: ["/opt/dunlin"], environment: {}, folder: null },
      root,
    };
  }

  static async make(): Promise<Machine> {
    const root = await Deno.makeTempDir({ prefix: "dunlin-test-" });
    await Deno.mkdir(`${root}/run/systemd/system`, { recursive: true });
    return new Machine(root);
  }

  /** Changes what the commands see. */
  set(scene: Partial<ServiceScene>): void {
    this.#scene = { ...this.#scene, ...scene };
  }

  async run(name: ServiceCommandName, options: ServiceOptions = {}) {
    let [out, err] = ["", ""];
    const output = {
      out: (text: string) => void (out += text),
      err: (text: string) => void (err += text),
    };
    const code = await service(name, options, this.#scene, output);
    return { code, out, err };
  }

  async write(path: string, text: string): Promise<void> {
    const to = `${this.root}/${path}`;
    await Deno.mkdir(to.slice(0, to.lastIndexOf("/")), { recursive: true });
    await Deno.writeTextFile(to, text);
  }

  async read(path: string): Promise<string> {
    return await Deno.readTextFile(`${this.root}/${path}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }
}

Deno.test("service: install writes a unit for this program, and says what to run", async () => {
  await using machine = await Machine.make();
  await machine.write("etc/dunlin/dunlin.toml", "");
  const { code, out } = await machine.run("install");
  assert.equal(code, 0);
  const unit = await machine.read(UNIT);
  assert.match(
    unit,
    /^ExecStart=\/opt\/dunlin serve --config \/etc\/dunlin\/dunlin\.toml$/m,
  );
  assert.match(unit, /^ProtectHome=yes$/m);
  assert.match(
    await machine.read("etc/sysusers.d/dunlin.conf"),
    /^u dunlin -/m,
  );
  assert.match(
    out,
    /Now run:\n {2}sudo systemd-sysusers\n {2}sudo systemctl daemon-reload\n {2}sudo systemctl enable --now dunlin\n$/,
  );
  assert.equal((await machine.run("install")).code, 0, "the same once more");
});

Deno.test("service: install does not replace another unit without --force", async () => {
  await using machine = await Machine.make();
  await machine.write(UNIT, "[Service]\n");
  const { code, err } = await machine.run("install");
  assert.equal(code, 1);
  assert.match(err, /dunlin\.service exists and differs: --force replaces it/);
  assert.equal(await machine.read(UNIT), "[Service]\n");
  assert.equal((await machine.run("install", { force: true })).code, 0);
  assert.notEqual(await machine.read(UNIT), "[Service]\n");
});

Deno.test("service: --print shows the unit, and writes nothing", async () => {
  await using machine = await Machine.make();
  await Deno.remove(`${machine.root}/run`, { recursive: true });
  const { code, out } = await machine.run("install", { print: true });
  assert.equal(code, 0);
  assert.match(out, /^ExecStart=\/opt\/dunlin serve$/m);
  assert.deepEqual([...Deno.readDirSync(machine.root)], []);
  const refused = await machine.run("install");
  assert.match(refused.err, /systemd does not run this machine/);
});

Deno.test("service: a user's service has the user's rights, in the user's folder", async () => {
  await using machine = await Machine.make();
  machine.set({ uid: 1000 });
  const { out } = await machine.run("install");
  assert.match(out, /systemctl --user enable --now dunlin/);
  const unit = await machine.read(
    "home/ann/.config/systemd/user/dunlin.service",
  );
  assert.match(unit, /^WantedBy=default\.target$/m);
  assert.doesNotMatch(unit, /^(User|CapabilityBoundingSet|ProtectSystem)=/m);
  const system = await machine.run("install", { system: true });
  assert.match(system.out, /etc\/systemd\/system\/dunlin\.service/);
});

Deno.test("service: words of a unit mean what they say, whatever is in them", () => {
  const command = ["/opt/a b/dunlin", "--config", '/x/50%/"$HOME"\\n.toml'];
  const parts = { environment: {}, isOfUser: false, isInHome: false };
  const unit = systemdUnit({ ...parts, command });
  assert.match(
    unit,
    /^ExecStart="\/opt\/a b\/dunlin" --config "\/x\/50%%\/\\"\$\$HOME\\"\\\\n\.toml"$/m,
  );
  assert.deepEqual(commandOf(unit), command);
});

Deno.test("service: a path with a line end cannot add a line to the unit", async () => {
  await using machine = await Machine.make();
  const config = `${machine.root}/a\nExecStartPre=x.toml`;
  await Deno.writeTextFile(config, "");
  const { code, out, err } = await machine.run("install", {
    ...{ config, print: true },
  });
  assert.deepEqual([code, out], [1, ""]);
  assert.match(err, /a\\nExecStartPre=x\.toml" has a control character/);
});

Deno.test("service: a program in a home folder can be read by its service", async () => {
  await using machine = await Machine.make();
  const command = ["/home/ann/dunlin"];
  machine.set({ program: { command, environment: {}, folder: null } });
  const { out } = await machine.run("install", { print: true });
  assert.match(out, /^ProtectHome=read-only$/m);
});

Deno.test("service: status says what counts, what runs and whether it answers", async () => {
  await using machine = await Machine.make();
  const none = await machine.run("status");
  assert.equal(none.code, 1);
  assert.match(none.out, /^unit {7}none/);
  await machine.run("install");
  assert.doesNotMatch((await machine.run("status")).out, /^runs/m, "unseen");
  await machine.write(
    "sys/fs/cgroup/system.slice/dunlin.service/cgroup.procs",
    "4711\n",
  );
  await machine.write("etc/dunlin/dunlin.toml", "");
  const found = await machine.run("status");
  assert.equal(found.code, 1);
  assert.match(found.out, /by dunlin service install/);
  assert.match(found.out, /^command {4}\/opt\/dunlin serve$/m);
  assert.match(found.out, /^at boot {4}does not start$/m);
  assert.match(found.out, /^runs {7}yes, process 4711$/m);
  assert.match(found.out, /^answers {4}no: .*no broker runs on this store/m);
  await machine.write("proc/1/cgroup", "1:name=systemd:/pod/init.scope\n");
  await machine.write(
    "sys/fs/cgroup/systemd/pod/system.slice/dunlin.service/cgroup.procs",
    "12\n13\n",
  );
  await Deno.remove(`${machine.root}/sys/fs/cgroup/system.slice`, {
    recursive: true,
  });
  const contained = await machine.run("status");
  assert.match(contained.out, /^runs {7}yes, process 12, 13$/m);
  machine.set({
    program: { command: ["/usr/bin/dunlin"], environment: {}, folder: null },
  });
  const other = await machine.run("status", { json: true });
  assert.equal(JSON.parse(other.out).ok, false);
  assert.deepEqual(JSON.parse(other.out).processes, [12, 13]);
  assert.match(
    (await machine.run("status")).out,
    /this program is \/usr\/bin\/dunlin/,
  );
});

Deno.test("service: uninstall deletes only a unit of ours that neither runs nor is enabled", async () => {
  await using machine = await Machine.make();
  assert.match((await machine.run("uninstall")).err, /nothing to uninstall/);
  await machine.write(UNIT, "[Service]\n");
  assert.match((await machine.run("uninstall")).err, /was not written by/);
  await machine.run("install", { force: true });
  const link = "etc/systemd/system/multi-user.target.wants/dunlin.service";
  await machine.write(link, "");
  const refused = await machine.run("uninstall");
  assert.equal(refused.code, 1);
  assert.match(
    refused.err,
    /is enabled; first:\n {2}sudo systemctl disable --now dunlin\n/,
  );
  await Deno.remove(`${machine.root}/${link}`);
  const { code, out } = await machine.run("uninstall");
  assert.equal(code, 0);
  assert.match(out, /Now run:\n {2}sudo systemctl daemon-reload\n$/);
  await assert.rejects(machine.read(UNIT));
  await assert.rejects(machine.read("etc/sysusers.d/dunlin.conf"));
});

Deno.test("service: macOS and Windows get a file with every word as it is", async () => {
  await using machine = await Machine.make();
  const program = {
    command: ["/Applications/a & b/dunlin"],
    environment: {},
    folder: null,
  };
  machine.set({ system: "darwin", uid: 501, program });
  const plist = await machine.run("install");
  assert.match(
    plist.out,
    /launchctl bootstrap gui\/501 \/home\/ann\/Library\/LaunchAgents\/dunlin\.plist/,
  );
  assert.match(plist.out, /has not been tried/);
  const text = await machine.read("home/ann/Library/LaunchAgents/dunlin.plist");
  assert.match(text, /<string>\/Applications\/a &amp; b\/dunlin<\/string>/);
  machine.set({ system: "windows", uid: null });
  const task = await machine.run("install", { print: true });
  assert.match(
    task.out,
    /<Command>\/Applications\/a &amp; b\/dunlin<\/Command>/,
  );
  assert.match(
    (await machine.run("install", { user: true })).err,
    /no services of a user/,
  );
  machine.set({ system: "freebsd" });
  assert.match((await machine.run("status")).err, /freebsd/);
});

Deno.test("service: the present program is its executable, or the runtime with the first module", () => {
  assert.deepEqual(
    presentProgram("/opt/dunlin-linux-x64", "data:text/javascript,").command,
    ["/opt/dunlin-linux-x64"],
  );
  const sources = presentProgram("/usr/bin/deno", "file:///opt/dunlin/main.ts");
  assert.deepEqual(sources.command.slice(0, 2), ["/usr/bin/deno", "run"]);
  assert.equal(sources.command.at(-1), "/opt/dunlin/main.ts");
  assert.equal(sources.environment.DENO_NO_UPDATE_CHECK, "1");
});

Deno.test("service: a bundle has the unstable parts of the runtime that deno.json names", async () => {
  const { unstable } = config;
  const folder = await Deno.makeTempDir({ prefix: "dunlin-test-" });
  const main = `${folder}/main.js`;
  await Deno.writeTextFile(
    main,
    "console.log(typeof Deno.openKv, typeof Deno.listenDatagram)",
  );
  const { command, environment } = presentProgram(
    Deno.execPath(),
    `file://${main}`,
  );
  for (const name of unstable) {
    assert.ok(command.includes(`--unstable-${name}`), name);
  }
  const [program, ...args] = command;
  const { stdout } = await new Deno.Command(program, {
    ...{ args, cwd: folder, env: { ...environment } },
  }).output();
  assert.equal(new TextDecoder().decode(stdout), "function function\n");
  await Deno.remove(folder, { recursive: true });
});

Deno.test("service: the packaged unit is the one that install writes", async () => {
  const path = new URL(
    "../../packaging/systemd/dunlin.service",
    import.meta.url,
  );
  const unit = systemdUnit({
    command: ["/usr/bin/dunlin", "--config", "/etc/dunlin/dunlin.toml"],
    ...{ environment: {}, isOfUser: false, isInHome: false },
  });
  assert.equal(await Deno.readTextFile(path), unit);
});
