/** A program that tests run against, and that a machine may not have. */
export interface TestProgram {
  /** Debian's package. */
  readonly package: string;
  /** How it may be called, the best first. */
  readonly commands: readonly string[];
  /** Arguments with which it ends at once. */
  readonly probe: readonly string[];
  /** Whether it counts that the probe ends with success. */
  readonly succeeds: boolean;
}

/** `mosquitto_pub` and, of the same package, `mosquitto_sub`. */
export const mosquittoClients: TestProgram = {
  package: "mosquitto-clients",
  commands: ["mosquitto_pub"],
  probe: ["--help"],
  succeeds: false,
};

/** Mosquitto's broker; Debian keeps it where users do not look. */
export const mosquittoBroker: TestProgram = {
  package: "mosquitto",
  commands: ["mosquitto", "/usr/sbin/mosquitto"],
  probe: ["-h"],
  succeeds: false,
};

/** Makes certificates, and is a TLS client of few words. */
export const openssl: TestProgram = {
  package: "openssl",
  commands: ["openssl"],
  probe: ["version"],
  succeeds: true,
};

/** A client for HTTP and what is upgraded from it. */
export const curl: TestProgram = {
  package: "curl",
  commands: ["curl"],
  probe: ["--version"],
  succeeds: true,
};

/** A Python that has Eclipse Paho. */
export const paho: TestProgram = {
  package: "python3-paho-mqtt",
  // Debian's packages are for Debian's Python, which need not come first.
  commands: ["/usr/bin/python3", "python3"],
  probe: ["-c", "import paho.mqtt.client"],
  succeeds: true,
};

/** Shows a program another calendar than the machine's. */
export const faketime: TestProgram = {
  package: "faketime",
  commands: ["faketime"],
  probe: ["--version"],
  succeeds: true,
};

/** Compiles the library by which a disk fails (`tests/crash/faulty_disk.c`). */
export const compiler: TestProgram = {
  package: "gcc",
  commands: ["cc"],
  probe: ["--version"],
  succeeds: true,
};

/** The headers that it needs. */
export const headers: TestProgram = {
  package: "libc6-dev",
  commands: ["cc"],
  probe: ["-fsyntax-only", "-include", "dlfcn.h", "-x", "c", "/dev/null"],
  succeeds: true,
};

/** The probe that a compiler has the headers to compile for Linux. */
const compiles = ["-fsyntax-only", "-include", "stdlib.h", "-x", "c"];

/** Compiles the entry stub of executables, and its test, for AArch64. */
export const crossCompiler: TestProgram = {
  package: "gcc-aarch64-linux-gnu",
  commands: ["aarch64-linux-gnu-gcc"],
  probe: ["--version"],
  succeeds: true,
};

/** The headers and libraries that it needs. */
export const crossHeaders: TestProgram = {
  package: "libc6-dev-arm64-cross",
  commands: ["aarch64-linux-gnu-gcc"],
  probe: [...compiles, "/dev/null"],
  succeeds: true,
};

/** Runs programs for AArch64. */
export const qemu: TestProgram = {
  package: "qemu-user-static",
  commands: ["qemu-aarch64-static"],
  probe: ["--version"],
  succeeds: true,
};

/** Gives a program file a capability. */
export const setcap: TestProgram = {
  package: "libcap2-bin",
  commands: ["setcap", "/usr/sbin/setcap"],
  probe: ["-h"],
  succeeds: true,
};

/** Sets up a network of its own. */
export const ip: TestProgram = {
  package: "iproute2",
  commands: ["ip", "/usr/sbin/ip"],
  probe: ["-V"],
  succeeds: true,
};

/** Looks over Debian packages. */
export const lintian: TestProgram = {
  package: "lintian",
  commands: ["lintian"],
  probe: ["--version"],
  succeeds: true,
};

/** Renames log files. */
export const logrotate: TestProgram = {
  package: "logrotate",
  commands: ["logrotate", "/usr/sbin/logrotate"],
  probe: ["--version"],
  succeeds: true,
};

/** The browser that opens the admin page. */
export const chromium: TestProgram = {
  package: "chromium",
  // Playwright wants its path.
  commands: ["/usr/bin/chromium"],
  probe: ["--version"],
  succeeds: true,
};

/** All of them: `deno task test` installs what is missing. */
export const testPrograms: readonly TestProgram[] = [
  mosquittoBroker,
  mosquittoClients,
  openssl,
  curl,
  paho,
  faketime,
  compiler,
  headers,
  crossCompiler,
  crossHeaders,
  qemu,
  setcap,
  ip,
  lintian,
  logrotate,
  chromium,
];

/** Returns how `program` is called here; undefined when the machine lacks it. */
export function commandOf(program: TestProgram): string | undefined {
  return program.commands.find((one) => starts(one, program));
}

function starts(command: string, { probe, succeeds }: TestProgram): boolean {
  try {
    const { success } = new Deno.Command(command, {
      args: [...probe],
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).outputSync();
    return success || !succeeds;
  } catch {
    return false;
  }
}
