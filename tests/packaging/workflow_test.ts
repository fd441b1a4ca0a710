import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { z } from "zod";
import {
  notesOf,
  unreleasedIn,
  withVersion,
} from "../../packaging/release/changelog.ts";
import { packageOf } from "../../packaging/npm/build.ts";
import { planOf, Unready } from "../../packaging/release/prepare.ts";
import { publishCommands } from "../../packaging/release/publish.ts";
import { sbomOf } from "../../packaging/release/sbom.ts";
import { targets } from "../../packaging/targets.ts";
import { VERSION } from "../../src/config/mod.ts";
import config from "../../deno.json" with { type: "json" };

const root = fileURLToPath(new URL("../../", import.meta.url));

const permissions = z.record(z.string(), z.enum(["read", "write"]));
const step = z.strictObject({
  uses: z.string().regex(/^[\w-]+\/[\w-]+@v\d+$/).optional(),
  with: z.record(z.string(), z.unknown()).optional(),
  if: z.string().optional(),
  run: z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
});
const target = z.strictObject({
  ...{ target: z.string(), file: z.string(), system: z.string() },
  arch: z.enum(["amd64", "arm64"]).optional(),
  container: z.string().optional(),
});
const workflow = z.strictObject({
  name: z.string(),
  on: z.strictObject({ push: z.strictObject({ tags: z.array(z.string()) }) }),
  permissions,
  jobs: z.strictObject({
    build: z.strictObject({
      strategy: z.strictObject({
        matrix: z.strictObject({ include: z.array(target) }),
      }),
      ...{ "runs-on": z.string(), container: z.string(), permissions },
      steps: z.array(step),
    }),
    publish: z.strictObject({
      ...{ needs: z.literal("build"), "runs-on": z.string(), permissions },
      steps: z.array(step),
    }),
  }),
});

Deno.test("release.yml: each step is one script or task that is there, and all targets are built", async () => {
  const path = `${root}.github/workflows/release.yml`;
  const { jobs } = workflow.parse(parse(await Deno.readTextFile(path)));
  const { build, publish } = jobs;
  const built = build.strategy.matrix.include;
  assert.deepEqual(
    built.map(({ target }) => target).sort(),
    targets.map(({ name }) => name).sort(),
  );
  for (const { target, file } of built) {
    assert.match(file, new RegExp(`^dunlin-${target}(\\.tar\\.gz|\\.zip)?$`));
  }
  let count = 0;
  for (const { uses, run } of [...build.steps, ...publish.steps]) {
    assert.notEqual(uses === undefined, run === undefined);
    if (run === undefined) continue;
    count++;
    const [, task, script] =
      /^deno (?:task ([\w:]+)|run -A (packaging\/release\/\w+\.ts))( --\w+)?( \S+| \$\{\{ [\w.]+ \}\}| dist\/\$\{\{ [\w.]+ \}\})?$/
        .exec(run) ?? assert.fail(`${run} is not one script`);
    if (task !== undefined) assert.ok(task in config.tasks, run);
    else assert.ok((await Deno.stat(root + script)).isFile);
  }
  assert.ok(count > 5);
});

const CHANGELOG = `# Changelog

## Unreleased

- One.

## 0.0.1 (2020-01-01)

- Zero.
`;

Deno.test("release: the changelog gets a heading, and its section is the notes", () => {
  const after = withVersion(CHANGELOG, "0.0.2", "2026-01-31");
  assert.equal(unreleasedIn(after), "");
  assert.match(after, /## Unreleased\n\n## 0\.0\.2 \(2026-01-31\)\n\n- One/);
  for (const changelog of [CHANGELOG, after]) {
    const notes = notesOf(changelog, "0.0.2");
    assert.match(notes, /^# Dunlin 0\.0\.2\n\n- One\.\n\n## Files/);
  }
  assert.match(notesOf(after, "0.0.1"), /- Zero\./);
});

Deno.test("release: the plan writes the version wherever it stands, and keeps the settings for later tests", async () => {
  const version = "99.1.2";
  const plan = await planOf(version, root, ["v0.0.1"], "2026-01-31");
  const texts = new Map(plan.edits.map(({ path, text }) => [path, text]));
  assert.equal(JSON.parse(texts.get("deno.json")!).version, version);
  assert.match(
    texts.get("src/config/model/version.ts")!,
    /VERSION = "99\.1\.2"/,
  );
  assert.match(texts.get("README.md")!, /Dunlin 99\.1\.2 is ready/);
  assert.match(
    texts.get("packaging/container/compose.yaml")!,
    /image: dunlin:99\.1\.2\n/,
  );
  const kept = `tests/cli/fixtures/versions/${version}`;
  assert.equal(
    texts.get(`${kept}/settings.toml`),
    await Deno.readTextFile(`${root}config.example.toml`),
  );
  assert.match(
    texts.get(`${kept}/expected.txt`)!,
    /^d\.toml: this version reads these settings/,
  );
  assert.deepEqual(plan.commands.slice(1), [
    'git commit -m "Dunlin 99.1.2"',
    'git tag -a v99.1.2 -m "Dunlin 99.1.2"',
    "git push origin HEAD v99.1.2",
  ]);
  for (
    const [version, tags, reason] of [
      ["next", [], /is no version/],
      ["0.0.1", [], /before the present version/],
      ["99.1.2", ["v99.1.2"], /the tag v99\.1\.2 exists/],
    ] as const
  ) {
    await assert.rejects(planOf(version, root, tags, "2026-01-31"), (error) => {
      assert.ok(error instanceof Unready);
      assert.match(error.message, reason);
      return true;
    });
  }
});

Deno.test("release: files, images and npm's package are published, each where there is a place", () => {
  const names = [
    ...["NOTES.md", "SHA256SUMS", "dunlin-1.tgz", "dunlin-linux-x64"],
    ...["dunlin-1-image-amd64.tar", "dunlin-1-image-arm64.tar"],
  ];
  const [release, ...none] = publishCommands("d", names, { npm: false });
  assert.deepEqual(release.slice(0, 4), [
    "gh",
    "release",
    "create",
    `v${VERSION}`,
  ]);
  assert.equal(release.filter((one) => one.endsWith("NOTES.md")).length, 1);
  assert.ok(release.includes("d/dunlin-linux-x64"));
  assert.deepEqual(none, []);
  const [, ...others] = publishCommands("d", names, {
    images: "example/dunlin",
    npm: true,
  });
  assert.deepEqual(others.map((one) => one.slice(0, 2).join(" ")), [
    ...["skopeo copy", "skopeo copy", "docker buildx", "npm publish"],
  ]);
  assert.equal(others[0][3], `docker://example/dunlin:${VERSION}-amd64`);
});

Deno.test("release: npm gets the token, and the package has the repository that its provenance names", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-test-" });
  // A shell hands on no variable whose name has slashes.
  const programs = {
    gh: "#!/bin/sh\n",
    npm: "#!/usr/bin/env node\n" +
      'require("fs").writeFileSync(__dirname + "/env", ' +
      "JSON.stringify(process.env))\n",
  };
  for (const [name, text] of Object.entries(programs)) {
    await Deno.writeTextFile(`${folder}/${name}`, text, { mode: 0o755 });
  }
  await Deno.mkdir(`${folder}/files`);
  await Deno.writeTextFile(`${folder}/files/dunlin-1.tgz`, "");
  const script = `${root}packaging/release/publish.ts`;
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", script, `${folder}/files`],
    env: {
      ...{ PATH: `${folder}:/usr/bin:/bin`, IMAGE_REPOSITORY: "" },
      NODE_AUTH_TOKEN: "secret",
    },
    stdout: "null",
  }).output();
  assert.equal(code, 0);
  const given = JSON.parse(await Deno.readTextFile(`${folder}/env`));
  const name = "npm_config_//registry.npmjs.org/:_authToken";
  assert.equal(given[name], "secret");
  await Deno.remove(folder, { recursive: true });
  assert.deepEqual(packageOf("1.0.0", "example/dunlin").repository, {
    type: "git",
    url: "git+https://github.com/example/dunlin.git",
  });
  assert.ok(!("repository" in packageOf("1.0.0", "")));
});

Deno.test("release: the bill of materials has what ships, with sums and who needs whom", () => {
  const integrity = "sha512-" + new Uint8Array(64).fill(1).toBase64();
  const lock = {
    specifiers: { "npm:@a/b@1.0.0": "1.0.0", "npm:test@3.0.0": "3.0.0" },
    npm: {
      "@a/b@1.0.0": { integrity, dependencies: ["c", "d@2.0.0"] },
      "c@1.1.0": { integrity },
      "d@2.0.0": { integrity },
      "d@3.0.0": { integrity },
      "test@3.0.0": { integrity },
    },
  };
  const parts = { version: "1.0.0", runtime: "2.9.6", lock, imports: ["@a/b"] };
  const { components, dependencies } = z.object({
    bomFormat: z.literal("CycloneDX"),
    specVersion: z.literal("1.6"),
    components: z.array(z.object({
      purl: z.string(),
      group: z.string().optional(),
      hashes: z.array(z.strictObject({
        ...{ alg: z.literal("SHA-512"), content: z.string().length(128) },
      })).optional(),
    })),
    dependencies: z.array(z.strictObject({
      ...{ ref: z.string(), dependsOn: z.array(z.string()) },
    })),
  }).parse(sbomOf(parts));
  assert.deepEqual(components.map(({ purl }) => purl), [
    ...["pkg:npm/deno@2.9.6", "pkg:npm/%40a/b@1.0.0"],
    ...["pkg:npm/c@1.1.0", "pkg:npm/d@2.0.0"],
  ]);
  assert.equal(components[1].group, "@a");
  assert.deepEqual(dependencies[1], {
    ref: "pkg:npm/%40a/b@1.0.0",
    dependsOn: ["pkg:npm/c@1.1.0", "pkg:npm/d@2.0.0"],
  });
});
