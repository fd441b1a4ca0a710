import assert from "node:assert/strict";
import { resolve } from "node:path";
import { loadSettings, SettingsError } from "../../src/config/mod.ts";
import type { Field } from "../../src/config/fields/field.ts";
import { fieldsOf } from "../../src/config/read/known_settings.ts";

const text = `
[storage]
path = "data/"
[authority]
path = "\${FOLDER}/authority"
list = "~/devices.json"
[access]
acl_file = ["rules.acl", "/etc/more.acl"]
[[auth]]
type = "password-file"
file = "../passwd"
[[listener]]
type = "tls"
client_certificates = "required"
ca = "one.pem"
crl = ["a.crl", "/b.crl"]
[[listener.certificate]]
cert = "b.pem"
key = "b.key"
[[listener]]
type = "unix"
socket = "run/mqtt.sock"
`;

Deno.test("paths: a relative one in a file begins in the folder of the file", async () => {
  const settings = await loadSettings({
    file: { name: "/etc/dunlin/dunlin.toml", text },
    environment: { FOLDER: "ca", HOME: "/home/a" },
  });
  assert.equal(settings.storage.path, "/etc/dunlin/data/");
  assert.equal(settings.authority.path, "/etc/dunlin/ca/authority");
  assert.equal(settings.authority.list, "/home/a/devices.json");
  assert.deepEqual(
    settings.access.acl_file,
    ["/etc/dunlin/rules.acl", "/etc/more.acl"],
  );
  assert.equal(settings.auth[0].file, "/etc/passwd");
  const [tls, unix] = settings.listener;
  assert.deepEqual(tls.ca, ["/etc/dunlin/one.pem"]);
  assert.deepEqual(tls.crl, ["/etc/dunlin/a.crl", "/b.crl"]);
  const [{ cert, key, key_password_file }] = tls.certificate;
  assert.deepEqual(
    [cert, key, key_password_file],
    ["/etc/dunlin/b.pem", "/etc/dunlin/b.key", ""],
  );
  assert.equal(unix.socket, "/etc/dunlin/run/mqtt.sock");
});

Deno.test("paths: a relative one of the environment and --set begins where the command runs", async () => {
  const { storage, authority, listener } = await loadSettings({
    file: { name: "/etc/dunlin/dunlin.toml", text: "" },
    environment: { DUNLIN_STORAGE__PATH: "data" },
    sets: [
      "authority.path=ca",
      'listener.0={type = "tls", client_certificates = "required", ca = ["x.pem"]}',
    ],
  });
  assert.equal(storage.path, resolve("data"));
  assert.equal(authority.path, resolve("ca"));
  assert.deepEqual(listener[0].ca, [resolve("x.pem")]);
});

Deno.test("paths: a file that is a pipe has no folder", async () => {
  for (const name of ["/dev/fd/63", "/dev/stdin", "/proc/self/fd/0"]) {
    const { storage } = await loadSettings({
      file: { name, text: `[storage]\npath = "data"` },
    });
    assert.equal(storage.path, resolve("data"), name);
  }
});

Deno.test("paths: the file of a secret begins beside the configuration, and is told whole", async () => {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/secret`, "open sesame\n");
    const load = (secret: string) =>
      loadSettings({
        file: {
          name: `${folder}/dunlin.toml`,
          text: `[[auth]]\ntype = "users"\n` +
            `[[user]]\nname = "a"\npassword = "file:${secret}"`,
        },
      });
    assert.equal((await load("secret")).user[0].password, "open sesame");
    await assert.rejects(load("none"), (error) => {
      assert.ok(error instanceof SettingsError);
      assert.ok(error.message.includes(`the secret's file ${folder}/none`));
      return true;
    });
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("paths: every setting that names a file or a folder is known as a path", () => {
  const unmarked: string[] = [];
  const look = (
    name: string,
    fields: Readonly<Record<string, Field<unknown>>>,
  ) => {
    for (const [key, field] of Object.entries(fields)) {
      if (field.tables !== undefined) look(`${name}.${key}`, field.tables);
      const names = /\b(files?|folders?)\b/.test(
        field.range.replaceAll(/"[^"]*"/g, ""),
      );
      if (names && !field.secret && !field.isPath) {
        unmarked.push(`${name}.${key}`);
      }
    }
  };
  for (const [name, fields] of Object.entries(fieldsOf)) look(name, fields);
  assert.deepEqual(unmarked, []);
});
