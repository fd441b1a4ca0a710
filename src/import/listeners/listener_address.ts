import { networkInterfaces } from "node:os";
import { placeOf } from "../read/config_line.ts";
import type { LastLine, ListenerLines } from "../rules/gather.ts";
import type { Ledger } from "../toml/ledger.ts";
import type { TomlTable } from "../toml/toml_table.ts";
import { becomes, lost, needless } from "../toml/translation.ts";

/** Enters where a listener listens. */
export function enterAddress(
  table: TomlTable,
  { head }: ListenerLines,
  last: LastLine,
  isLocalOnly: boolean,
  ledger: Ledger,
): void {
  const said = head ?? last("port");
  const place = said === undefined ? "" : placeOf(said);
  const [, port, host] = /^(-?\d+)(?:\s+(.*))?$/.exec(said?.value ?? "") ??
    ["", said === undefined ? "1883" : "", ""];
  if (head !== null && port === "0" && host?.startsWith("/")) {
    table.set("socket", host, place);
    return;
  }
  table.set("port", Number(port), place);
  enterBind(table, head === null ? undefined : host, place, {
    last,
    isLocalOnly,
    isFirst: head === null,
    ledger,
  });
}

interface BindWays {
  readonly last: LastLine;
  readonly isLocalOnly: boolean;
  readonly isFirst: boolean;
  readonly ledger: Ledger;
}

function enterBind(
  table: TomlTable,
  host: string | undefined,
  place: string,
  { last, isLocalOnly, isFirst, ledger }: BindWays,
): void {
  const address = isFirst ? last("bind_address") : undefined;
  const device = last("bind_interface");
  const domain = last("socket_domain");
  const isIpv4 = domain?.value === "ipv4";
  if (host !== undefined && host !== "") table.set("bind", host, place);
  else if (address !== undefined) {
    ledger.enter(table, address, becomes("bind", address.value));
  } else if (isLocalOnly) {
    table.set(
      "bind",
      "127.0.0.1",
      "",
      "no listener was said: this machine alone may connect",
    );
  } else {
    table.set("bind", isIpv4 ? "0.0.0.0" : "::");
  }
  if (domain !== undefined) {
    ledger.enter(
      table,
      domain,
      isIpv4
        ? needless("bind says so")
        : lost('"::" takes connections by IPv4, too'),
    );
  }
  if (device === undefined) return;
  const own = networkInterfaces()[device.value]?.find(({ family }) =>
    family === (domain?.value === "ipv6" ? "IPv6" : "IPv4")
  );
  ledger.enter(
    table,
    device,
    own !== undefined
      ? becomes("bind", own.address, `the address of ${device.value} now`)
      : {
        // Any other address would accept more clients than asked for.
        ...becomes(
          "bind",
          "127.0.0.1",
          `${device.value} has no address now: give the one that it is to have`,
        ),
        isLost: true,
      },
  );
}
