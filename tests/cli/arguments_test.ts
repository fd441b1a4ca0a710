import assert from "node:assert/strict";
import { runProgram } from "../../src/cli/program.ts";
import { readServeArguments } from "../../src/cli/settings/read_serve_arguments.ts";
import type { ServeOptions } from "../../src/cli/settings/serve_options.ts";

/** What commander makes of a command line. */
async function run(
  args: readonly string[],
): Promise<{ code: number; called: unknown; out: string; err: string }> {
  const result = { code: -1, called: undefined as unknown, out: "", err: "" };
  const record = (command: string) => (options: ServeOptions) => {
    result.called = { command, ...options };
    return Promise.resolve(7);
  };
  result.code = await runProgram(
    args,
    {
      serve: record("serve"),
      check: record("check"),
      store: (name, file, options) => {
        result.called = { command: `store ${name}`, file, ...options };
        return Promise.resolve(7);
      },
      passwd: (name, file, user, options) => {
        result.called = { command: `passwd ${name}`, file, user, ...options };
        return Promise.resolve(7);
      },
      admin: (name, argument, options) => {
        result.called = { command: `admin ${name}`, argument, ...options };
        return Promise.resolve(7);
      },
      explain: (options) => {
        result.called = { command: "explain", ...options };
        return Promise.resolve(7);
      },
      health: (options) => {
        result.called = { command: "health", ...options };
        return Promise.resolve(7);
      },
      trace: (options) => {
        result.called = { command: "trace", ...options };
        return Promise.resolve(7);
      },
      record: (file, filters, options) => {
        result.called = { command: "record", file, filters, ...options };
        return Promise.resolve(7);
      },
      replay: (file, options) => {
        result.called = { command: "replay", file, ...options };
        return Promise.resolve(7);
      },
      status: (options) => {
        result.called = { command: "status", ...options };
        return Promise.resolve(7);
      },
      upgrade: (options) => {
        result.called = { command: "upgrade", ...options };
        return Promise.resolve(7);
      },
      importMosquitto: (file, options) => {
        result.called = { command: "import", file, ...options };
        return Promise.resolve(7);
      },
      service: (name, options) => {
        result.called = { command: `service ${name}`, ...options };
        return Promise.resolve(7);
      },
      completion: (shell) => {
        result.called = { command: `completion ${shell}` };
        return Promise.resolve(7);
      },
      authority: (name, argument, options) => {
        result.called = { command: name, argument, ...options };
        return Promise.resolve(7);
      },
    },
    {
      out: (text) => result.out += text,
      err: (text) => result.err += text,
    },
  );
  return result;
}

/** Command lines that the first reader understands; commander must agree. */
const plain: readonly (readonly string[])[] = [
  [],
  ["serve"],
  ["start"],
  ["start", "--port", "1884"],
  ["--port", "1884"],
  ["--port=1884"],
  ["-p", "1884"],
  ["serve", "-c", "a.toml", "--bind", "::1"],
  ["--set", "a.b=1", "--set=c.d=2", "--set", "e.f=x=y"],
  ["--ready-file", "/tmp/x", "--log-level", "debug"],
  ["--ready-file=", "--port", "0"],
  ["--port", "1", "--port", "2"],
];
for (const args of plain) {
  Deno.test(`arguments: both readers agree on "${args.join(" ")}"`, async () => {
    const { called, code, err } = await run(args);
    assert.equal(err, "");
    assert.equal(code, 7);
    assert.deepEqual({ command: "serve", ...readServeArguments(args) }, called);
  });
}

/** Command lines that the first reader must leave to commander. */
const others: readonly (readonly string[])[] = [
  ["check"],
  ["--help"],
  ["-h"],
  ["--version"],
  ["--prot", "3"],
  ["--port"],
  ["serve", "--port"],
  ["serve", "more"],
  ["--port", "1", "more"],
  ["-p1884"],
  ["--", "--port", "1"],
  ["--set"],
];
for (const args of others) {
  Deno.test(`arguments: "${args.join(" ")}" is left to commander`, () => {
    assert.equal(readServeArguments(args), undefined);
  });
}

Deno.test("arguments: a misspelt command gets a suggestion, exit 2", async () => {
  const { code, err, called } = await run(["chek"]);
  assert.equal(code, 2);
  assert.match(err, /unknown command 'chek'[^]*Did you mean check\?/);
  assert.equal(called, undefined);
});

Deno.test("arguments: a misspelt option gets a suggestion, exit 2", async () => {
  for (
    const args of [["--prot", "3"], ["serve", "--prot"], ["check", "--prnt"]]
  ) {
    const { code, err } = await run(args);
    assert.equal(code, 2);
    assert.match(err, /unknown option '--pr.*Did you mean --p/s);
  }
});

Deno.test("arguments: an option without its value, exit 2", async () => {
  const { code, err } = await run(["--port"]);
  assert.equal(code, 2);
  assert.match(err, /argument missing/);
});

Deno.test("arguments: too many arguments, exit 2", async () => {
  for (const args of [["serve", "a"], ["check", "a", "b"]]) {
    assert.equal((await run(args)).code, 2);
  }
});

Deno.test("arguments: a file behind serve is answered with --config", async () => {
  const { code, err } = await run(["serve", "my.toml"]);
  assert.equal(code, 2);
  assert.match(err, /^error: unexpected 'my\.toml': .* --config my\.toml\n$/);
});

Deno.test("arguments: an option of mosquitto_passwd is answered with a command", async () => {
  for (const args of [["add", "-b", "f", "ann", "x"], ["-c", "f", "ann"]]) {
    const { code, err } = await run(["passwd", ...args]);
    assert.equal(code, 2);
    assert.match(
      err,
      /^error: unknown option '-[bc]': "dunlin passwd add FILE USER"/,
    );
  }
  const { err } = await run(["import", "-c", "f"]);
  assert.match(err, /unknown option '-c'/);
  assert.doesNotMatch(err, /passwd/);
});

Deno.test("arguments: help and version go to the output, exit 0", async () => {
  const help = await run(["--help"]);
  assert.equal(help.code, 0);
  assert.match(help.out, /serve[^]*check/);
  const version = await run(["--version"]);
  assert.equal(version.code, 0);
  assert.match(version.out, /^dunlin \d+\.\d+\.\d+\n$/);
});

Deno.test("arguments: the help of a command tells the precedence", async () => {
  for (
    const args of [["serve", "--help"], ["check", "-h"], ["--port", "1", "-h"]]
  ) {
    const { code, out } = await run(args);
    assert.equal(code, 0);
    assert.match(out, /defaults[^]*file[^]*environment[^]*command line/);
  }
});

Deno.test("arguments: check takes a file, options, and settings", async () => {
  const { called, code } = await run(
    ["check", "a.toml", "--print", "--json", "--set", "a.b=1", "--port", "2"],
  );
  assert.equal(code, 7);
  assert.deepEqual(called, {
    command: "check",
    config: "a.toml",
    print: true,
    json: true,
    set: ["a.b=1"],
    port: "2",
  });
});

Deno.test("arguments: store takes a command, its file, and options", async () => {
  const { called, code } = await run(
    ["store", "backup", "a.kv", "-c", "a.toml", "--set", "a.b=1", "--json"],
  );
  assert.equal(code, 7);
  assert.deepEqual(called, {
    command: "store backup",
    file: "a.kv",
    config: "a.toml",
    set: ["a.b=1"],
    json: true,
  });
  const { called: info } = await run(["store", "info", "--path", "/p"]);
  assert.deepEqual(info, {
    command: "store info",
    file: undefined,
    path: "/p",
  });
});

Deno.test("arguments: store with what it does not know, exit 2", async () => {
  const wrong = [
    ["store"],
    ["store", "inf"],
    ["store", "info", "more"],
    ["store", "backup"],
    ["store", "backup", "a", "b"],
    ["store", "verify", "--prt"],
  ];
  for (const args of wrong) {
    const { code, called } = await run(args);
    assert.deepEqual([code, called], [2, undefined], args.join(" "));
  }
  assert.match((await run(["store", "inf"])).err, /Did you mean info\?/);
});

Deno.test("arguments: a configuration file as a command, exit 2 and a hint", async () => {
  const { code, called, err } = await run(["dunlin.toml"]);
  assert.deepEqual([code, called], [2, undefined]);
  assert.match(err, /dunlin --config dunlin\.toml/);
});

/** Words that mean something elsewhere, and what the answer must hold. */
const meant: readonly (readonly [args: string[], answer: RegExp])[] = [
  [["mosquitto.conf"], /dunlin import mosquitto\.conf --out dunlin\.toml/],
  [["-v"], /dunlin --version.*/],
  [["-v"], /dunlin --log-level debug/],
  [["serve", "--verbose"], /dunlin --log-level debug/],
  [["check", "-v"], /dunlin --version/],
  [["-d"], /dunlin stays in the foreground/],
  [["run"], /"dunlin serve" runs the broker/],
  [["version"], /dunlin --version/],
  [["stop"], /kill PID/],
  [["reload"], /kill -HUP PID/],
];
for (const [args, answer] of meant) {
  Deno.test(`arguments: dunlin ${args.join(" ")} is told what to type: ${answer}`, async () => {
    const { code, called, err } = await run(args);
    assert.deepEqual([code, called], [2, undefined]);
    assert.match(err, answer);
    assert.match(err, /^error: unknown (command|option) '/);
    assert.doesNotMatch(err, /Did you mean/, "commander's own guess");
  });
}

Deno.test("arguments: check with two files, exit 2", async () => {
  const { code, called } = await run(["check", "a.toml", "--config", "b.toml"]);
  assert.deepEqual([code, called], [2, undefined]);
});

Deno.test("arguments: help goes as deep as commands do, and names the right one", async () => {
  const deep = await run(["help", "cert", "issue"]);
  assert.deepEqual([deep.code, deep.called], [0, undefined]);
  assert.match(deep.out, /^Usage: dunlin cert issue .*NAME/);
  for (const name of ["serve", "start"]) {
    assert.match(
      (await run(["help", name])).out,
      /^Usage: dunlin serve\|start/,
    );
  }
  assert.match((await run(["help"])).out, /^Usage: dunlin \[options\]/);
  const wrong = await run(["help", "cert", "isue"]);
  assert.deepEqual([wrong.code, wrong.out], [2, ""]);
  assert.match(
    wrong.err,
    /unknown command 'isue'\n\(Did you mean issue\?\)/,
  );
});

Deno.test("arguments: trace, record and replay have their options", async () => {
  const trace = await run(["trace", "--client", "a*", "--pcap", "-"]);
  assert.deepEqual(trace.called, {
    ...{ command: "trace", client: "a*", pcap: "-" },
    ...{ for: "10m", payload: "text" },
  });
  const both = await run(["trace", "--json", "--pcap", "x"]);
  assert.match(both.err, /'--json' cannot be used with option '--pcap/);
  const url = "mqtt://127.0.0.1:1883";
  const record = await run(["record", "f", "a/#", "b", "--no-retained"]);
  assert.deepEqual(record.called, {
    ...{ command: "record", file: "f", filters: ["a/#", "b"] },
    ...{ url, qos: "2", retained: false },
  });
  const replay = await run(["replay", "f", "--speed", "max"]);
  assert.deepEqual(replay.called, {
    ...{ command: "replay", file: "f", url, speed: "max", retain: true },
  });
});
