#!/usr/bin/env node
// Runs Dunlin: the program in app/ by the runtime of the npm package `deno`.
"use strict";

const { spawn } = require("node:child_process");
const { homedir } = require("node:os");
const { join } = require("node:path");
const { denoFlags } = require("./package.json");

/** Ends with `message`, as a program that cannot be started. */
function fail(message) {
  console.error(`dunlin: ${message}`);
  process.exit(1);
}

/** Returns the path of Deno's runtime for this machine. */
function runtime() {
  try {
    return require("deno/install_api.cjs").runInstall();
  } catch (error) {
    return fail(
      `npm has installed no Deno for this machine: ${error.message}\n` +
        "  install again without --omit=optional, on 64-bit Linux with glibc, " +
        "macOS or Windows",
    );
  }
}

const { env } = process;
const caches = env.XDG_CACHE_HOME || env.LOCALAPPDATA ||
  join(homedir(), ".cache");
const child = spawn(
  runtime(),
  ["run", ...denoFlags, join(__dirname, "app", "main.js")].concat(
    process.argv.slice(2),
  ),
  {
    stdio: "inherit",
    env: {
      ...env,
      DENO_DIR: env.DUNLIN_CACHE || join(caches, "dunlin"),
      DENO_NO_PACKAGE_JSON: "1",
      DENO_NO_UPDATE_CHECK: "1",
    },
  },
);
child.on("error", ({ message }) => fail(`Deno does not start: ${message}`));

// A terminal sends Ctrl+C to both processes: a second one would end the broker
// before its sessions are stored.
const hasTerminal = [process.stdin, process.stdout, process.stderr]
  .some(({ isTTY }) => isTTY);
for (
  const name of ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGUSR1", "SIGUSR2"]
) {
  const isFromTerminal = name === "SIGINT" || name === "SIGQUIT";
  try {
    process.on(name, () => {
      if (!(isFromTerminal && hasTerminal)) child.kill(name);
    });
  } catch {
    // Windows lacks some.
  }
}

child.on("exit", (code, signal) => {
  if (signal === null) process.exit(code);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
});
