import assert from "node:assert/strict";
import { findRunning } from "../../src/cli/running/find_running.ts";
import { meantBroker } from "../../src/cli/running/meant_broker.ts";
import { Registration } from "../../src/cli/running/register.ts";
import { authorityTarget } from "../../src/cli/authority/authority_target.ts";
import { storeTarget } from "../../src/cli/store/store_target.ts";
import { completeSettings } from "../../src/config/mod.ts";

/** A user with a home and a folder for what runs; nothing runs yet. */
class User implements AsyncDisposable {
  readonly home = Deno.makeTempDirSync({ prefix: "dunlin-running-" });
  readonly environment: Record<string, string> = {
    HOME: this.home,
    XDG_RUNTIME_DIR: `${this.home}/run`,
  };
  said = "";
  readonly output = {
    out: () => {},
    err: (text: string) => this.said += text,
  };

  /** Entries that lie there, of brokers that run and of others. */
  async entries(): Promise<string[]> {
    const names: string[] = [];
    for await (const { name } of Deno.readDir(`${this.home}/run/dunlin`)) {
      names.push(name);
    }
    return names;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.home, { recursive: true });
  }
}

const stored = completeSettings({ storage: { path: "/srv/d" } });

Deno.test("running brokers: one is found while it runs, with where its things are", async () => {
  await using user = new User();
  const { environment } = user;
  assert.deepEqual(findRunning(environment), []);
  const options = { config: "/etc/d.toml", set: ["log.level=warn"], port: "1" };
  const entry = new Registration(options, {
    ...environment,
    DUNLIN_ACL__0__TOPIC: "secret",
  });
  entry.tell(stored);
  assert.deepEqual(findRunning(environment), [{
    pid: Deno.pid,
    config: "/etc/d.toml",
    given: ["DUNLIN_ACL__0__TOPIC", "--set log.level", "--port"],
    mode: "buffered",
    store: "/srv/d/store.kv",
    authority: "/srv/d/authority",
    list: "/srv/d/authority/certificates.json",
    tlsPort: 8883,
    control: "/srv/d/store.kv.control",
  }]);
  const [name] = await user.entries();
  const path = `${user.home}/run/dunlin/${name}`;
  assert.equal(((await Deno.stat(path)).mode ?? 0) & 0o777, 0o600);
  assert.doesNotMatch(await Deno.readTextFile(path), /secret|warn/);
  const authority = { path: "/srv/ca" };
  entry.tell(
    completeSettings({ storage: { path: "/srv/d" }, authority }),
  );
  const found = findRunning(environment);
  assert.deepEqual(found.map((one) => one.authority), ["/srv/ca"]);
  assert.equal((await user.entries()).length, 1);
  entry.end();
  assert.deepEqual(findRunning(environment), []);
  assert.deepEqual(await user.entries(), []);
});

Deno.test("running brokers: the entries of killed ones are removed, when one is looked for and when one starts", async () => {
  await using user = new User();
  await Deno.mkdir(`${user.home}/run/dunlin`, { recursive: true });
  const leave = () =>
    Promise.all(
      ["a.json", "b.json"].map((name) =>
        Deno.writeTextFile(`${user.home}/run/dunlin/${name}`, "{}")
      ),
    );
  await leave();
  assert.deepEqual(findRunning(user.environment), []);
  assert.deepEqual(await user.entries(), []);
  await leave();
  await Deno.writeTextFile(`${user.home}/run/dunlin/c.json.tmp`, "");
  const entry = new Registration({}, user.environment);
  entry.tell(stored);
  assert.equal((await user.entries()).length, 1);
  entry.end();
});

Deno.test("running brokers: one that stores nothing leaves nothing on disk", async () => {
  await using user = new User();
  const environment = { HOME: user.home };
  const entry = new Registration({}, environment);
  entry.tell(completeSettings({ storage: { mode: "memory" } }));
  assert.deepEqual([...Deno.readDirSync(user.home)], []);
  entry.tell(completeSettings({}));
  assert.equal(findRunning(environment).length, 1);
  entry.end();
});

Deno.test("running brokers: a folder that cannot be written keeps none from running", async () => {
  await using user = new User();
  await Deno.writeTextFile(`${user.home}/run`, "");
  const entry = new Registration({}, user.environment);
  entry.tell(completeSettings({ storage: { mode: "memory" } }));
  assert.deepEqual(findRunning(user.environment), []);
  entry.end();
});

Deno.test("commands without --config mean the only broker that runs, and say so", async () => {
  await using user = new User();
  const { environment, output } = user;
  const entry = new Registration({ config: "/etc/d.toml" }, environment);
  entry.tell(stored);
  assert.equal(await storeTarget({}, environment, output), "/srv/d/store.kv");
  assert.deepEqual(await authorityTarget({}, environment, output), {
    folder: "/srv/d/authority",
    list: "/srv/d/authority/certificates.json",
    port: 8883,
  });
  const by = `of the broker that runs (process ${Deno.pid}, /etc/d.toml)`;
  assert.equal(
    user.said,
    `dunlin: using the store /srv/d/store.kv ${by}\n` +
      `dunlin: using the authority in /srv/d/authority ${by}\n`,
  );
  entry.end();
});

Deno.test("commands that name their settings ask for no broker and say nothing", async () => {
  await using user = new User();
  const { environment, output } = user;
  const entry = new Registration({}, environment);
  entry.tell(stored);
  const config = `${user.home}/d.toml`;
  await Deno.writeTextFile(config, `[storage]\npath = "data"`);
  const store = `${user.home}/data/store.kv`;
  assert.equal(await storeTarget({ config }, environment, output), store);
  const ways: readonly [Record<string, string>, { set?: string[] }][] = [
    [{ ...environment, DUNLIN_CONFIG: config }, {}],
    [{ ...environment, DUNLIN_STORAGE__PATH: `${user.home}/data` }, {}],
    [environment, { set: [`storage.path=${user.home}/data`] }],
  ];
  for (const [variables, options] of ways) {
    assert.equal(await storeTarget(options, variables, output), store);
  }
  assert.equal(user.said, "");
  entry.end();
});

Deno.test("commands without --config say which folder they use when no broker or several run", async () => {
  await using user = new User();
  const { environment, output } = user;
  const usual = `${user.home}/.local/state/dunlin/store.kv`;
  assert.equal(await storeTarget({}, environment, output), usual);
  assert.equal(
    user.said,
    `dunlin: using the store ${usual}: no --config is given and no broker ` +
      "of this user runs\n",
  );
  user.said = "";
  const entries = ["/etc/a.toml", "/etc/b.toml"].map((config) =>
    new Registration({ config }, environment)
  );
  for (const entry of entries) entry.tell(stored);
  assert.equal(await storeTarget({}, environment, output), usual);
  assert.match(
    user.said,
    /: no --config is given and 2 brokers of this user run \(\/etc\/[ab]\.toml, \/etc\/[ab]\.toml\)\n$/,
  );
  for (const entry of entries) entry.end();
});

Deno.test("commands without --config say that ./dunlin.toml is not read", async () => {
  await using user = new User();
  const folder = await Deno.realPath(user.home);
  await Deno.writeTextFile(`${folder}/dunlin.toml`, "");
  const { say } = meantBroker({}, user.environment, user.output, folder);
  say("using the store x");
  assert.ok(
    user.said.endsWith(
      `; ${folder}/dunlin.toml is not read without --config\n`,
    ),
    user.said,
  );
});
