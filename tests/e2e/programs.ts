import * as known from "../../tools/test_programs.ts";

/** A program that tests need and that a machine may not have. */
export interface Program {
  /** Debian's package; the reason that a skipped test gives. */
  readonly package: string;
  /** How it is called; undefined when it is not there. */
  readonly command: string | undefined;
}

const found = (program: known.TestProgram): Program => ({
  package: program.package,
  command: known.commandOf(program),
});

/** `mosquitto_pub` and, of the same package, `mosquitto_sub`. */
export const mosquittoClients = found(known.mosquittoClients);

/** Mosquitto's broker. */
export const mosquittoBroker = found(known.mosquittoBroker);

/** Makes certificates, and is a TLS client of few words. */
export const opensslProgram = found(known.openssl);

/** A client for HTTP and what is upgraded from it. */
export const curl = found(known.curl);

/** A Python that has Eclipse Paho. */
export const paho = found(known.paho);

/** Shows a program another calendar than the machine's. */
export const faketime = found(known.faketime);

/** Compiles C. */
export const compiler = found(known.compiler);

/** The headers that C programs need. */
export const headers = found(known.headers);

/** The same for AArch64. */
export const crossCompiler = found(known.crossCompiler);

/** Its headers and libraries. */
export const crossHeaders = found(known.crossHeaders);

/** Runs programs for AArch64. */
export const qemu = found(known.qemu);

/** Gives a program file a capability. */
export const setcap = found(known.setcap);

/** Sets up a network of its own. */
export const ip = found(known.ip);

/** Renames log files. */
export const logrotate = found(known.logrotate);

/** Opens the admin page. */
export const chromiumProgram = found(known.chromium);

/**
 * A test that needs `programs`. Where one is missing it is skipped, and its
 * name says why.
 */
export function testWith(
  programs: readonly Program[],
  name: string,
  body: (t: Deno.TestContext) => Promise<void>,
): void {
  const missing = programs.filter((one) => one.command === undefined)
    .map((one) => one.package);
  if (missing.length === 0) Deno.test(name, body);
  else {
    Deno.test({
      name: `${name} (skipped: ${missing.join(", ")} not installed)`,
      ignore: true,
      fn: body,
    });
  }
}
