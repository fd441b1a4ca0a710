import assert from "node:assert/strict";
import {
  completeSettings,
  loadSettings,
  printSettings,
  SettingsError,
} from "../../src/config/mod.ts";

async function problemsOf(text: string): Promise<string[]> {
  try {
    await loadSettings({ file: { name: "d.toml", text } });
    return [];
  } catch (error) {
    assert.ok(error instanceof SettingsError);
    return error.message.split("\n");
  }
}

const cases: readonly (readonly [name: string, text: string, told: RegExp])[] =
  [
    [
      "[auth] as one table says where its settings are",
      "[auth]\nexplain = true\n",
      /^d\.toml:1:\d+: auth: not a list of auths: .*\[access\]/,
    ],
    [
      "a link without a type",
      `[[auth]]\nfile = "p"\n`,
      /^d\.toml:1:\d+: auth\.0\.type: this table has no type/,
    ],
    [
      "a link for a listener that is not there",
      `[[auth]]\ntype = "anonymous"\nlistener = "inner"\n`,
      /^d\.toml:3:\d+: auth\.0\.listener: there is no listener inner/,
    ],
    [
      "a password file that is not named",
      `[[auth]]\ntype = "password-file"\n`,
      /auth\.0\.file: give the password file/,
    ],
    [
      "a setting of another type",
      `[[auth]]\ntype = "anonymous"\nurl = "http://a/"\n`,
      /^d\.toml:3:\d+: auth\.0\.url: only type "http" has this setting/,
    ],
    [
      "tokens without a key",
      `[[auth]]\ntype = "jwt"\n`,
      /auth\.0\.type: no key checks the tokens/,
    ],
    [
      "tokens with two keys",
      `[[auth]]\ntype = "jwt"\nkey = "k"\njwks_file = "f"\n`,
      /auth\.0\.jwks_file: key is also given/,
    ],
    [
      "an address without a scheme",
      `[[auth]]\ntype = "http"\nurl = "example.org"\n`,
      /^d\.toml:3:\d+: auth\.0\.url: .*http:\/\//,
    ],
    [
      "an address that is none",
      `[[auth]]\ntype = "http"\nurl = "http://[x/"\n`,
      /^d\.toml:3:\d+: auth\.0\.url: not allowed: .*host or port/,
    ],
    [
      "an address with a password, without showing it",
      `[[auth]]\ntype = "http"\nurl = "http://me:hidden@a/"\n`,
      /^d\.toml:3:\d+: auth\.0\.url: (?!.*hidden).*has authorization/,
    ],
    [
      "superusers where nobody is asked about access",
      `[[auth]]\ntype = "http"\nurl = "http://a/"\nsuperuser_url = "http://b/"\n`,
      /^d\.toml:4:\d+: auth\.0\.superuser_url: .*acl_url/,
    ],
    [
      "a user name that is no claim",
      `[[auth]]\ntype = "jwt"\nkey = "k"\nusername_claim = ""\n`,
      /^d\.toml:4:\d+: auth\.0\.username_claim: .*give a claim/,
    ],
    [
      "a user without a password",
      `[[user]]\nname = "a"\n`,
      /^d\.toml:1:\d+: user\.0\.password: this user has no password/,
    ],
    [
      "a user named twice",
      `[[user]]\nname = "a"\npassword = "x"\n[[user]]\nname = "a"\npassword = "y"\n`,
      /^d\.toml:5:\d+: user\.1\.name: there is a user a already/,
    ],
    [
      "users that no [[auth]] checks",
      `[[user]]\nname = "a"\npassword = "x"\n[[auth]]\ntype = "anonymous"\n`,
      /^d\.toml:1:\d+: user\.0: no \[\[auth\]\] checks this user/,
    ],
    [
      "a rule without topics",
      `[[acl]]\nuser = "a"\n`,
      /^d\.toml:1:\d+: acl\.0\.topic: this rule has no topic/,
    ],
    [
      "a name that is not a whole level",
      `[[acl]]\ntopic = "a/%c-1"\n`,
      /^d\.toml:2:\d+: acl\.0\.topic: .*whole level/,
    ],
    [
      "a filter that is none",
      `[[acl]]\ntopic = ["a", "b/#/c"]\n`,
      /^d\.toml:2:\d+: acl\.0\.topic: "b\/#\/c" is not allowed/,
    ],
    [
      "a file of rules for a user",
      `[[acl]]\nfile = "a"\nlistener = "tcp"\nuser = "ann"\n`,
      /^d\.toml:4:\d+: acl\.0\.user: this table takes its rules from file/,
    ],
    [
      "a network that is none",
      `[[acl]]\ntopic = "a"\nnetwork = "10.0.0.1/8"\n`,
      /^d\.toml:3:\d+: acl\.0\.network: .*10\.0\.0\.0\/8/,
    ],
    [
      "a listener that is not there",
      `[[acl]]\ntopic = "a"\nlistener = "web"\n`,
      /^d\.toml:3:\d+: acl\.0\.listener: there is no listener web: give one of tcp/,
    ],
    [
      "an unknown key, with its neighbour",
      `[[acl]]\ntopics = "a"\n`,
      /^d\.toml:2:1: acl\.0\.topics: there is no such setting: did you mean topic\?/,
    ],
  ];

for (const [name, text, told] of cases) {
  Deno.test(`access settings: ${name}`, async () => {
    const problems = await problemsOf(text);
    assert.ok(problems.some((problem) => told.test(problem)), problems.join());
  });
}

Deno.test("access settings: what is printed gives the same again", async () => {
  const text = `
    [[auth]]
    type = "jwt"
    jwks_file = "keys.json"
    algorithms = ["ES256"]
    [[auth]]
    type = "users"
    [[user]]
    name = "a"
    password = "x"
    [[group]]
    name = "g"
    members = "a"
    [[acl]]
    group = "g"
    qos = 1
    retain = false
    topic = "a/%u/#"
    permission = "deny"
    [access]
    order = "deny-wins"`;
  const once = await loadSettings({ file: { name: "d.toml", text } });
  assert.equal(once.acl[0].place, "d.toml:14");
  assert.deepEqual(once.acl[0].qos, [1]);
  const printed = printSettings(once);
  assert.doesNotMatch(printed, /password = "x"/);
  const again = await loadSettings({ file: { name: "d.toml", text: printed } });
  const bare = (settings: typeof once) => ({
    ...settings,
    user: settings.user.map(({ name }) => name),
    acl: settings.acl.map((rule) => ({ ...rule, place: "" })),
  });
  assert.deepEqual(bare(again), bare(once));
});

Deno.test("access settings: nothing said is nobody asked and no rule", () => {
  const { auth, user, group, acl } = completeSettings();
  assert.deepEqual([auth, user, group, acl], [[], [], [], []]);
});

Deno.test("access settings: who asks for credentials means all listeners, unless one says otherwise", async () => {
  const listeners = `[[listener]]\nbind = "0.0.0.0"\nport = 1\n` +
    `[[listener]]\nport = 2\n[[listener]]\nport = 3\nallow_anonymous = true\n`;
  const read = async (text: string) => {
    const settings = await loadSettings({ file: { name: "d.toml", text } });
    return settings.listener.map((one) => one.allow_anonymous);
  };
  const asked = `[[auth]]\ntype = "client-certificate"\n` + listeners;
  assert.deepEqual(await read(asked), [false, false, true]);
  await assert.rejects(read(listeners), /other machines can reach 0\.0\.0\.0/);
});
