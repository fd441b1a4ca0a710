/** Facts for a unit of systemd. */
export interface UnitParts {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** Whether it is for the service manager of one user, not of the system. */
  readonly isOfUser: boolean;
  /** Variables of its environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Whether program or settings are below a home folder. */
  readonly isInHome: boolean;
}

/** Returns an argument as `ExecStart` takes it for one word. */
function word(text: string): string {
  const plain = text.replaceAll("%", "%%").replaceAll("$", "$$$$");
  return /^[\w./@%+=:,-]+$/.test(plain)
    ? plain
    : `"${plain.replace(/[\\"]/g, "\\$&")}"`;
}

/** Returns a variable as `Environment` takes it. */
function variable([name, value]: readonly [string, string]): string {
  const text = `${name}=${value}`.replaceAll("%", "%%");
  return `Environment="${text.replace(/[\\"]/g, "\\$&")}"\n`;
}

const START =
  `# "notify": the broker says when it accepts clients, reloads and stops.
# systemd 253 and later also have "notify-reload"; this works with all.
Type=notify
# The broker itself reports, and no other process.
NotifyAccess=main
`;

const LIFE =
  `# Reads settings, passwords and certificates again; clients stay connected.
# The shell has this "kill"; small systems have no other.
ExecReload=/bin/sh -c "kill -HUP $$MAINPID"
# Starts the broker again after a crash, but not after a mistake in the
# arguments (exit code 2).
Restart=on-failure
RestartSec=2
RestartPreventExitStatus=2
# The broker pings while it serves sockets and the disk answers. After a minute
# without a ping systemd restarts it.
WatchdogSec=60
# A longer stop asks for more time by itself (shutdown.timeout).
TimeoutStopSec=30
`;

const HARDENING = `# One socket a client; the default of 1024 is too small.
LimitNOFILE=65536
# Files that the broker makes are its own.
UMask=0077

# The lines below take away all that the broker does not need.
# For ports below 1024 replace the two next lines by
#   CapabilityBoundingSet=CAP_NET_BIND_SERVICE
#   AmbientCapabilities=CAP_NET_BIND_SERVICE
# and delete PrivateUsers, in which such a capability does not count.
CapabilityBoundingSet=
AmbientCapabilities=
# Capabilities count in no namespace of the machine.
PrivateUsers=yes
# No set-user-id program gives other rights.
NoNewPrivileges=yes
RestrictSUIDSGID=yes
# Only the folders above can be written. For logs or sockets elsewhere add
#   ReadWritePaths=/the/folder
ProtectSystem=strict
PROTECT_HOME
# /tmp and shared memory of its own, removed with the service.
PrivateTmp=yes
RemoveIPC=yes
# No disks, no memory of the machine: only /dev/null and its like.
PrivateDevices=yes
DevicePolicy=closed
# Of other processes nothing is seen. /proc itself stays: a broker that runs from
# its sources reads the uptime, which is right where the calendar is not.
ProtectProc=invisible
ProcSubset=all
# Clock, name, kernel settings, modules, log and control groups of the machine
# stay as they are.
ProtectClock=yes
ProtectHostname=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
# IP, socket files, and the list of the machine's addresses (netlink).
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
LockPersonality=yes
# System calls of an ordinary service, of this processor's own kind.
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
# V8 makes code while it runs, so memory must be writable and executable.
MemoryDenyWriteExecute=no
`;

const FOLDERS = `# A user of its own, made by sysusers.d/dunlin.conf.
User=dunlin
Group=dunlin
# /etc/dunlin: settings. The broker reads it, and cannot write it.
ConfigurationDirectory=dunlin
ConfigurationDirectoryMode=0750
# /var/lib/dunlin: the store, and the broker's own certificate authority.
StateDirectory=dunlin
StateDirectoryMode=0700
# /var/cache/dunlin: the unpacked program. It can be deleted at any time.
CacheDirectory=dunlin
CacheDirectoryMode=0700
# /var/log/dunlin: for a log in a file ([log] file).
LogsDirectory=dunlin
LogsDirectoryMode=0750
# /run/dunlin: for listeners on a socket file.
RuntimeDirectory=dunlin
RuntimeDirectoryMode=0755
`;

/** The first line of each unit that `dunlin service install` writes. */
export const WRITTEN = '# Written by "dunlin service install".\n';

/**
 * Returns the text of a unit for systemd 245 or later. The unit of the system
 * may do only what a broker has to do; that of a user has the user's rights.
 */
export function systemdUnit(
  { command, isOfUser, environment, isInHome }: UnitParts,
): string {
  const variables = Object.entries(environment).map(variable).join("");
  const start = `${START}ExecStart=${
    command.map(word).join(" ")
  }\n${variables}`;
  const head = `[Unit]
Description=Dunlin MQTT broker
Documentation=man:dunlin(1) man:dunlin.toml(5)
# However often it fails, systemd tries again.
StartLimitIntervalSec=0
`;
  if (isOfUser) {
    return `${head}
[Service]
${start}${LIFE}UMask=0077
NoNewPrivileges=yes

[Install]
WantedBy=default.target
`;
  }
  const home = isInHome
    ? "# The program or its settings are there.\nProtectHome=read-only"
    : "# Home folders are empty for it.\nProtectHome=yes";
  return `${head}# Listeners for the network's addresses need the addresses.
Wants=network-online.target
After=network-online.target

[Service]
${start}${LIFE}${FOLDERS}${HARDENING.replace("PROTECT_HOME", home)}
[Install]
WantedBy=multi-user.target
`;
}
