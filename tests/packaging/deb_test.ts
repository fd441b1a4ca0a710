import assert from "node:assert/strict";
import { buildDeb } from "../../packaging/deb/build.ts";
import { PACKAGE_VERSION } from "../../packaging/deb/contents.ts";
import { commandOf, lintian } from "../../tools/test_programs.ts";

const root = new URL("../../", import.meta.url);

/** Runs a program; resolves to all it prints, and its exit code. */
async function run(
  program: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; text: string }> {
  const command = new Deno.Command(program, { args: [...args], env });
  const { code, stdout, stderr } = await command.output();
  const decoder = new TextDecoder();
  return { code, text: decoder.decode(stdout) + decoder.decode(stderr) };
}

/** Whether this machine has a program. */
function has(program: string): boolean {
  try {
    new Deno.Command(program, { args: ["--version"] }).outputSync();
    return true;
  } catch {
    return false;
  }
}

const isDebian = has("dpkg-deb");

/** Makes a package of a stand-in: a small program takes no time to pack. */
async function packed(
  use: (path: string, folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-test-" });
  try {
    const elf = new Uint8Array(4096);
    elf.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
    elf.set([3, 0, 62, 0], 16);
    await Deno.writeFile(`${folder}/program`, elf);
    const options = { program: `${folder}/program`, out: folder };
    await use(
      await buildDeb({ ...options, arch: "amd64", isFast: true }),
      folder,
    );
    const wrong = buildDeb({ ...options, arch: "arm64", isFast: true });
    await assert.rejects(wrong, /program is no executable for arm64/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test({
  name: "deb: files, owners, modes and fields are those of a service's package",
  ignore: !isDebian,
  fn: () =>
    packed(async (path) => {
      const { text } = await run("dpkg-deb", ["--contents", path]);
      const files = new Map<string, string>();
      for (const line of text.trimEnd().split("\n")) {
        const [mode, owner, , , , name] = line.split(/\s+/);
        assert.equal(owner, "root/root", line);
        assert.match(mode, name.endsWith("/") ? /^drwxr-xr-x$/ : /^-rw/, line);
        files.set(name.slice(1), mode);
      }
      assert.equal(files.get("/usr/bin/dunlin"), "-rwxr-xr-x");
      for (
        const name of [
          "/etc/dunlin/dunlin.toml",
          "/etc/logrotate.d/dunlin",
          "/usr/lib/systemd/system/dunlin.service",
          "/usr/lib/sysusers.d/dunlin.conf",
          "/usr/share/man/man1/dunlin.1.gz",
          "/usr/share/man/man5/dunlin.toml.5.gz",
          "/usr/share/bash-completion/completions/dunlin",
          "/usr/share/zsh/vendor-completions/_dunlin",
          "/usr/share/fish/vendor_completions.d/dunlin.fish",
          "/usr/share/doc/dunlin/copyright",
          "/usr/share/doc/dunlin/changelog.gz",
          "/usr/share/doc/dunlin/changelog.Debian.gz",
          "/usr/share/doc/dunlin/examples/dunlin.toml",
        ]
      ) assert.equal(files.get(name), "-rw-r--r--", name);
      const field = async (name: string) =>
        (await run("dpkg-deb", ["--field", path, name])).text.trim();
      assert.equal(await field("Package"), "dunlin");
      assert.equal(await field("Version"), PACKAGE_VERSION);
      assert.equal(await field("Architecture"), "amd64");
      assert.match(await field("Depends"), /libc6 \(>= 2\.27\), libgcc-s1/);
      const conffiles = await run("dpkg-deb", ["--info", path, "conffiles"]);
      assert.equal(
        conffiles.text,
        "/etc/dunlin/dunlin.toml\n/etc/logrotate.d/dunlin\n",
      );
    }),
});

/** Runs the command in the folder of `packed`, by a shell with that umask. */
async function command(
  folder: string,
  umask: string,
  env?: Readonly<Record<string, string>>,
): Promise<string> {
  const out = `${folder}/${umask}`;
  const script = new URL("packaging/deb/build.ts", root).pathname;
  const args = ["--fast", "--program", `${folder}/program`, "--out", out];
  const { code, text } = await run("/bin/sh", [
    ...["-c", `umask ${umask}; exec "$0" "$@"`, Deno.execPath()],
    ...["run", "-A", script, ...args],
  ], env);
  assert.equal(code, 0, text);
  return text.trim();
}

Deno.test({
  name: "deb: the same sources give the same bytes, whatever the umask is",
  ignore: !isDebian,
  fn: () =>
    packed(async (path, folder) => {
      const again = await command(folder, "0077");
      assert.deepEqual(await Deno.readFile(again), await Deno.readFile(path));
    }),
});

Deno.test({
  name: "deb: a machine without git makes a package that is the same each time",
  ignore: !isDebian,
  fn: () =>
    packed(async (_, folder) => {
      const PATH = `${folder}/bin`;
      await Deno.mkdir(PATH);
      for (const name of ["dpkg-deb", "tar", "rm"]) {
        const { text } = await run("sh", ["-c", `command -v ${name}`]);
        await Deno.symlink(text.trim(), `${PATH}/${name}`);
      }
      const first = await command(folder, "0022", { PATH });
      const second = await command(folder, "0002", { PATH });
      assert.deepEqual(await Deno.readFile(second), await Deno.readFile(first));
    }),
});

Deno.test({
  name: "deb: lintian finds nothing that is not explained",
  ignore: !isDebian || commandOf(lintian) === undefined,
  fn: () =>
    packed(async (path) => {
      // Findings about the stand-in are none about the package.
      const tags = "unstripped-binary-or-object,shared-library-is-executable," +
        "binary-with-bad-dynamic-table,elf-error," +
        "shared-library-lacks-prerequisites";
      const args = ["--allow-root", "--fail-on", "none"];
      const { code, text } = await run("lintian", [
        ...args,
        ...["--suppress-tags", tags, path],
      ]);
      assert.equal(code, 0, text);
      const found = text.split("\n").filter((line) => /^[EW]:/.test(line));
      assert.deepEqual(found, []);
    }),
});

Deno.test("deb: its scripts are shell, and its settings are right", async () => {
  const folder = new URL("packaging/", root).pathname;
  const scripts = ["postinst", "prerm", "postrm"]
    .map((name) => `${folder}deb/scripts/${name}`);
  for (
    const script of [
      ...scripts,
      `${folder}test/nspawn`,
      `${folder}test/inside`,
      `${folder}test/bare`,
    ]
  ) {
    assert.deepEqual(await run("sh", ["-n", script]), { code: 0, text: "" });
  }
  const { code, text } = await run(Deno.execPath(), [
    ...["run", "--allow-all", new URL("main.ts", root).href],
    ...["check", `${folder}deb/dunlin.toml`, "--print"],
  ]);
  assert.equal(code, 0, text);
  // The listener, and the admin page, which is off.
  const here = 'bind = "127.0.0.1"';
  assert.deepEqual(text.match(/^bind = .*$/gm), [here, here]);
  assert.match(text, /^\[admin\]\nenabled = false$/m);
});

Deno.test("deb: the settings in its comments are right too", async () => {
  const text = await Deno.readTextFile(
    new URL("packaging/deb/dunlin.toml", root),
  );
  const folder = await Deno.makeTempDir({ prefix: "dunlin-test-" });
  // A commented setting or table: no sentence looks like one.
  const whole = text.replace(/^# (\[\[?\w+\]\]?|\w+ = .*)$/gm, "$1");
  assert.equal(whole.match(/^\[/gm)?.length, 4);
  await Deno.writeTextFile(`${folder}/dunlin.toml`, whole);
  const passwd = await run(Deno.execPath(), [
    ...["run", "--allow-all", new URL("main.ts", root).href],
    ...["check", `${folder}/dunlin.toml`],
  ]);
  // The password file is the only thing that is not there.
  assert.doesNotMatch(passwd.text, /dunlin\.toml:\d+:\d+(?!.*passwd)/);
  assert.match(passwd.text, /passwd/);
  await Deno.remove(folder, { recursive: true });
});

Deno.test("deb: the script for a real systemd says why it cannot run", async () => {
  const script = new URL("packaging/test/nspawn", root).pathname;
  const folder = await Deno.makeTempDir({ prefix: "dunlin-test-" });
  for (const name of ["sed", "uname", "id", "dirname"]) {
    const { text } = await run("sh", ["-c", `command -v ${name}`]);
    await Deno.symlink(text.trim(), `${folder}/${name}`);
  }
  const { code, text } = await run("/bin/sh", [script, "x.deb"], {
    PATH: folder,
  });
  assert.equal(code, 77);
  assert.match(
    text,
    /^nspawn: cannot run here: (it needs|systemd-nspawn is absent)/,
  );
  const usage = await run("/bin/sh", [script], { PATH: folder });
  assert.equal(usage.code, 2);
  assert.match(usage.text, /^Installs, uses, upgrades, reboots, removes/);
  await Deno.remove(folder, { recursive: true });
});

/** A package to try in a real systemd, by hand: it takes minutes. */
const given = Deno.env.get("DUNLIN_DEB");
if (given !== undefined) {
  Deno.test("deb: the package of DUNLIN_DEB works in a real systemd", async () => {
    const script = new URL("packaging/test/nspawn", root).pathname;
    const { code, text } = await run("/bin/sh", [script, given]);
    assert.equal(code, 0, text);
  });
}
