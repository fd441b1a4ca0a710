/** A program that tests need and that a machine may not have. */
export interface Program {
  /** Debian's package; the reason that a skipped test gives. */
  readonly package: string;
  /** How it is called; undefined when it is not there. */
  readonly command: string | undefined;
}

/** Whether it could be started and, where asked for, ended with success. */
function starts(command: string, args: string[], succeeds: boolean): boolean {
  try {
    const { success } = new Deno.Command(command, {
      args,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return success || !succeeds;
  } catch {
    return false;
  }
}

/** `mosquitto_pub` and, of the same package, `mosquitto_sub`. */
export const mosquittoClients: Program = {
  package: "mosquitto-clients",
  command: starts("mosquitto_pub", ["--help"], false)
    ? "mosquitto_pub"
    : undefined,
};

/** Mosquitto's broker; Debian keeps it where users do not look. */
export const mosquittoBroker: Program = {
  package: "mosquitto",
  command: ["mosquitto", "/usr/sbin/mosquitto"].find((one) =>
    starts(one, ["-h"], false)
  ),
};

/** Makes certificates, and is a TLS client of few words. */
export const opensslProgram: Program = {
  package: "openssl",
  command: starts("openssl", ["version"], true) ? "openssl" : undefined,
};

/** A client for HTTP and what is upgraded from it. */
export const curl: Program = {
  package: "curl",
  command: starts("curl", ["--version"], true) ? "curl" : undefined,
};

/** A Python that has Eclipse Paho. */
export const paho: Program = {
  package: "python3-paho-mqtt",
  // Debian's packages are for Debian's Python, which need not come first.
  command: ["/usr/bin/python3", "python3"].find((one) =>
    starts(one, ["-c", "import paho.mqtt.client"], true)
  ),
};

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
