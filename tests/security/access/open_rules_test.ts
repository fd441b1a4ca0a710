import assert from "node:assert/strict";
import {
  makeAuthorizer,
  openRules,
} from "../../../src/broker/access/access_rules.ts";
import {
  completeSettings,
  type PartialSettings,
} from "../../../src/config/mod.ts";
import { AccessFileError } from "../../../src/security/access/mod.ts";
import type { AccessQuestion, Identity } from "../../../src/security/mod.ts";

/** What the rules of settings say, with where it is said. */
async function reasons(
  settings: PartialSettings,
  questions: readonly (readonly [Identity, string])[],
): Promise<string[]> {
  const complete = completeSettings(settings);
  const acl = complete.acl.map((rule, index) => ({
    ...rule,
    place: `dunlin.toml:${index + 1}`,
  }));
  const authorizer = await makeAuthorizer(
    await openRules({ ...complete, acl }, null, false),
  );
  assert.ok(authorizer !== null);
  return questions.map(([who, topic]) => {
    const question: AccessQuestion = {
      action: "publish",
      topic,
      qos: 0,
      retain: false,
    };
    return authorizer.explain(who, question).reason;
  });
}

const who = (username: string | null): Identity => ({
  clientId: "c",
  username,
});

Deno.test("rules of the settings go before those of files, and groups are known", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-acl-" });
  try {
    const first = `${folder}/first.acl`;
    const second = `${folder}/second.acl`;
    await Deno.writeTextFile(first, "user ann\ntopic a\ntopic deny b\n");
    await Deno.writeTextFile(second, "# more\npattern %u/#\npattern b\n");
    const settings: PartialSettings = {
      user: [{ name: "ann", password: "x", groups: ["staff"] }],
      group: [{ name: "staff", members: ["bob"] }],
      acl: [
        { topic: ["s"], group: ["staff"] },
        { topic: ["a"], permission: "deny" },
      ],
      access: { acl_file: [first, second] },
    };
    const told = await reasons(settings, [
      [who("ann"), "s"],
      [who("bob"), "s"],
      [who("eve"), "s"],
      [who("ann"), "a"],
      [who("ann"), "b"],
      [who("bob"), "b"],
      [who("bob"), "bob/x"],
    ]);
    assert.deepEqual(told, [
      "allowed by dunlin.toml:1",
      "allowed by dunlin.toml:1",
      "no rule allows it, and what no rule allows is denied",
      "denied by dunlin.toml:2",
      `denied by ${first}:3`,
      `allowed by ${second}:3`,
      `allowed by ${second}:2`,
    ]);
    const { files } = await openRules(completeSettings(settings), null, false);
    assert.deepEqual(files, [first, second]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("without rules there is nobody to ask; with an empty file there is", async () => {
  const none = await openRules(completeSettings({}), null, false);
  assert.equal(await makeAuthorizer(none), null);
  const file = await Deno.makeTempFile({ prefix: "dunlin-acl-" });
  try {
    const told = await reasons({ access: { acl_file: [file] } }, [
      [who("ann"), "a"],
    ]);
    assert.match(told[0], /^no rule allows it/);
  } finally {
    await Deno.remove(file);
  }
});

Deno.test("a file of rules that is not there is told by its name and setting", async () => {
  const settings = completeSettings({
    access: { acl_file: ["/nowhere/rules.acl"] },
  });
  await assert.rejects(openRules(settings, null, false), (error) => {
    assert.ok(error instanceof AccessFileError);
    assert.match(error.message, /^\/nowhere\/rules\.acl: cannot be read/);
    assert.match(error.message, /access\.acl_file/);
    return true;
  });
});

Deno.test("the rules of an [[acl]] with a file are about its listeners alone", async () => {
  const folder = await Deno.makeTempDir({ prefix: "dunlin-acl-" });
  try {
    const file = `${folder}/inner.acl`;
    await Deno.writeTextFile(file, "pattern own/x-%u/#\n");
    const acl = [{ file, listener: ["inner"] }];
    const at = (listener: string) => ({ ...who("ann"), listener });
    const told = await reasons({ acl }, [
      [at("inner"), "own/x-ann/y"],
      [at("outer"), "own/x-ann/y"],
      [at("inner"), "own/ann"],
    ]);
    assert.match(told[0], /inner\.acl:1/);
    for (const one of told.slice(1)) assert.doesNotMatch(one, /inner\.acl:1/);
    // One without a rule still means that all is refused.
    await Deno.writeTextFile(file, "");
    const { parts, files } = await openRules(
      completeSettings({ acl }),
      null,
      false,
    );
    assert.equal(parts?.deniesByDefault, true);
    assert.deepEqual(files, [file]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
