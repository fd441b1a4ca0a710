import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { ProtocolError, ReasonCode } from "../../src/mqtt/mod.ts";
import { CLOSE_REASONS } from "../../src/session/core/reasons.ts";

const ROOT = new URL("../../", import.meta.url);
const CODES = "src/errors/error_code.ts";

/** Errors that other classes wrap or handle: no log line has them. */
const INTERNAL = [
  "CodedError",
  // Read within its folder, and reported as an error of a file.
  "DerError",
  "RevocationFault",
  "FormatFault",
  "Misread",
  // Answers to clients: each becomes a reason code.
  "ClaimError",
  "ScramError",
  "TooBusyError",
  // The answer to a request of the admin page, which has a code of its own.
  "AdminRefusal",
  // In the browser, where the page shows it.
  "Problem",
  // Of the MQTT client of commands: each becomes the text of their end.
  "ClientError",
  "OldBroker",
  // The end of a command, which has a text and an exit code.
  "CommandError",
  "ImportError",
];

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), "utf8");
}

/** The sources, joined, without the list of codes. */
function sources(): string {
  return readdirSync(new URL("src/", ROOT), {
    recursive: true,
    encoding: "utf8",
  }).map((path) => `src/${path}`)
    .filter((path) => path.endsWith(".ts") && path !== CODES)
    .map(read).join("\n");
}

/** The codes of the union. */
function codes(): string[] {
  return [...read(CODES).matchAll(/^ {2}\| "([^"]+)"/gm)].map(([, code]) =>
    code
  );
}

Deno.test("error codes: docs/errors.md has each code once, with meaning and remedy, and no other", () => {
  const rows = [
    ...read("docs/errors.md").matchAll(
      /^\| `([^`]+)` +\| (\S.*?) +\| (\S.*?) +\|$/gm,
    ),
  ];
  const listed = rows.map(([, code]) => code);
  assert.ok(listed.length > 90);
  assert.deepEqual(listed.toSorted(), codes().toSorted());
});

Deno.test("error codes: each reason for the end of a connection is a code, and each code is in kebab-case", () => {
  const all = codes();
  assert.deepEqual(CLOSE_REASONS.filter((one) => !all.includes(one)), []);
  assert.deepEqual(all.filter((one) => !/^[a-z]+(-[a-z]+)*$/.test(one)), []);
});

Deno.test("error codes: the sources use every code", () => {
  const text = sources();
  const unused = codes().filter((code) => {
    // The first part of some is the class: `store-${fault}`.
    const own = code.replace(/^(store|authority|alarm|speaks)-/, "");
    return !text.includes(`"${code}"`) && !text.includes(`"${own}"`);
  });
  assert.deepEqual(unused, []);
});

Deno.test("error codes: each class of errors that people meet has a code", () => {
  const classes = sources().matchAll(/class (\w+) extends (\w*Error)\b/g);
  const without = [...classes].filter(([, , base]) => base === "Error")
    .map(([, name]) => name);
  assert.deepEqual(without.toSorted(), INTERNAL.toSorted());
});

Deno.test("error codes: each reason code that ends a connection has one of its own", () => {
  const named = sources().matchAll(
    /(?:new ProtocolError\(|reasonCode:)\s*(?:\/\/[^\n]*\n\s*)?ReasonCode\.(\w+)/g,
  );
  const names = new Set([...named].map(([, name]) => name));
  assert.ok(names.size > 10);
  const without = [...names].filter((name) => {
    const reasonCode = ReasonCode[name as keyof typeof ReasonCode];
    return reasonCode >= 0x80 && reasonCode !== ReasonCode.ProtocolError &&
      new ProtocolError(reasonCode, "").code === "protocol-error";
  });
  assert.deepEqual(without, []);
});

Deno.test("error codes: each event at level error has one", () => {
  const events = [...sources().matchAll(/log\(\s*"error",[^;]*/g)];
  assert.ok(events.length > 4);
  const without = events.filter(([call]) => !/\bcode\b/.test(call));
  assert.deepEqual(without.map(([call]) => call), []);
});
