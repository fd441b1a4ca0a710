import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type CertificateNames,
  createAuthority,
  machineNames,
  noNames,
  serverIdentity,
} from "../../src/security/authority/mod.ts";
import { ManualClock } from "../support/manual_clock.ts";
import { Folder, opensslOk } from "./openssl.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 5, 1);

const names: CertificateNames = {
  dns: ["pi", "pi.local", "localhost"],
  ip: ["127.0.0.1", "::1", "2001:db8::7"],
  email: [],
};

/** Openssl's judgement at the time `ms`: would a client that trusts it enter? */
async function verify(
  folder: Folder,
  trusted: string,
  ms: number,
  ...name: readonly string[]
): Promise<void> {
  await opensslOk(
    folder.path,
    ...["verify", "-x509_strict", "-CAfile", trusted, "-purpose", "sslserver"],
    ...["-attime", String(ms / 1000), ...name, "authority/server.crt"],
  );
}

Deno.test("server certificate: made with its authority on the first start, then kept", async () => {
  await using folder = new Folder();
  const clock = new ManualClock(START);
  const first = await serverIdentity(folder.authority, names, clock);
  assert.equal(first.isNew, true);
  assert.equal(first.issuer, "authority");
  assert.equal(first.trustFile, join(folder.authority, "ca.crt"));
  assert.equal(first.cert, folder.read("authority/server.crt"));
  assert.equal(folder.mode("authority/server.key"), 0o600);
  assert.equal(folder.mode("authority"), 0o700);
  const ca = "authority/ca.crt";
  for (const dns of names.dns) {
    await verify(folder, ca, START, "-verify_hostname", dns);
  }
  for (const ip of names.ip) await verify(folder, ca, START, "-verify_ip", ip);
  const again = await serverIdentity(folder.authority, names, clock);
  assert.deepEqual(again, { ...first, isNew: false });
});

Deno.test("server certificate: renewed at two thirds of its life, by the same authority", async () => {
  await using folder = new Folder();
  const clock = new ManualClock(START);
  const first = await serverIdentity(folder.authority, names, clock);
  const days = (first.renewAt - START) / DAY;
  assert.ok(days > 59 && days < 61, `after ${days} days`);
  clock.advance(first.renewAt - START - 1);
  const before = await serverIdentity(folder.authority, names, clock);
  assert.equal(before.cert, first.cert);
  clock.advance(1);
  const second = await serverIdentity(folder.authority, names, clock);
  assert.equal(second.isNew, true);
  assert.notEqual(second.key, first.key);
  assert.ok(second.notAfter > first.notAfter);
  assert.ok(second.renewAt > clock.date());
  await verify(folder, "authority/ca.crt", clock.date() + 80 * DAY);
});

Deno.test("server certificate: near the authority's end it does not go round in circles", async () => {
  await using folder = new Folder();
  const clock = new ManualClock(START);
  await createAuthority(folder.authority, { name: "Brief", days: 10 }, clock);
  const first = await serverIdentity(folder.authority, names, clock);
  assert.equal(first.notAfter, START + 10 * DAY);
  assert.equal(first.renewAt, first.notAfter);
  clock.advance(9 * DAY);
  const later = await serverIdentity(folder.authority, names, clock);
  assert.equal(later.isNew, false);
  clock.advance(DAY + 1000);
  await assert.rejects(serverIdentity(folder.authority, names, clock), {
    fault: "unsuitable",
    message: /ca\.crt expired on 2026-06-11: .*--replace/,
  });
});

Deno.test("server certificate: made anew when a name is missing, not when one is gone", async () => {
  await using folder = new Folder();
  const clock = new ManualClock(START);
  const first = await serverIdentity(folder.authority, names, clock);
  const fewer = { ...names, ip: ["127.0.0.1"] };
  const same = await serverIdentity(folder.authority, fewer, clock);
  assert.equal(same.cert, first.cert);
  const more = { ...names, ip: [...names.ip, "192.0.2.9"] };
  const second = await serverIdentity(folder.authority, more, clock);
  assert.equal(second.isNew, true);
  await verify(
    folder,
    "authority/ca.crt",
    START,
    ...["-verify_ip", "192.0.2.9"],
  );
});

Deno.test("server certificate: made anew when damaged, mixed up, or of another authority", async () => {
  await using folder = new Folder();
  const clock = new ManualClock(START);
  const first = await serverIdentity(folder.authority, names, clock);
  const crt = "authority/server.crt";
  const spoil: readonly (() => Promise<unknown>)[] = [
    () => folder.put(crt, first.cert.slice(0, 300)),
    () => folder.put("authority/server.key", "no key"),
    () => folder.put("authority/server.key", folder.read("authority/ca.key")),
    () => Deno.remove(folder.at("authority/server.key")),
    () => {
      const options = { name: "Other", isReplacing: true };
      return createAuthority(folder.authority, options, clock);
    },
  ];
  for (const spoilt of spoil) {
    await spoilt();
    const made = await serverIdentity(folder.authority, names, clock);
    assert.equal(made.isNew, true);
    await verify(folder, "authority/ca.crt", START);
  }
});

Deno.test("server certificate: without the authority's key it signs for itself and says so", async () => {
  await using folder = new Folder();
  const clock = new ManualClock(START);
  await createAuthority(folder.authority, { name: "Far" }, clock);
  await Deno.remove(folder.at("authority/ca.key"));
  const own = await serverIdentity(folder.authority, names, clock);
  assert.equal(own.issuer, "itself");
  assert.equal(own.trustFile, join(folder.authority, "server.crt"));
  await verify(folder, "authority/server.crt", START, "-verify_hostname", "pi");
  const again = await serverIdentity(folder.authority, names, clock);
  assert.deepEqual(again, { ...own, isNew: false });
});

Deno.test("server certificate: a machine without a date makes one for any date, and renews it when it has one", async () => {
  await using folder = new Folder();
  const clock = new ManualClock(5 * DAY);
  const first = await serverIdentity(folder.authority, names, clock);
  const ca = folder.read("authority/ca.crt");
  for (const date of [START, START + 20 * 365 * DAY]) {
    await verify(folder, "authority/ca.crt", date, "-verify_hostname", "pi");
  }
  const again = await serverIdentity(folder.authority, names, clock);
  assert.deepEqual(again, { ...first, isNew: false });
  clock.step(START - clock.date());
  const second = await serverIdentity(folder.authority, names, clock);
  assert.equal(second.isNew, true);
  assert.equal(second.notAfter, START + 90 * DAY);
  assert.equal(folder.read("authority/ca.crt"), ca, "clients have it");
  await verify(folder, "authority/ca.crt", START);
  clock.step(-START);
  const third = await serverIdentity(folder.authority, names, clock);
  assert.equal(third.cert, second.cert, "what is sound stays without a date");
});

Deno.test("server certificate: made by a calendar that was ahead, it is made anew when that is set back", async () => {
  await using folder = new Folder();
  const clock = new ManualClock(START + 10 * 365 * DAY);
  await serverIdentity(folder.authority, names, clock);
  const ca = folder.read("authority/ca.crt");
  clock.step(START - clock.date());
  const made = await serverIdentity(folder.authority, names, clock);
  assert.equal(made.isNew, true);
  assert.equal(folder.read("authority/ca.crt"), ca);
  await verify(folder, "authority/ca.crt", START);
});

Deno.test("server certificate: with an authority of `ca create` it stays when the calendar is set back two days", async () => {
  await using folder = new Folder();
  const clock = new ManualClock(START);
  await createAuthority(folder.authority, { name: "Ours" }, clock);
  const first = await serverIdentity(folder.authority, names, clock);
  for (const days of [2, 98]) {
    clock.step(-days * DAY);
    const kept = await serverIdentity(folder.authority, names, clock);
    assert.deepEqual(kept, { ...first, isNew: false });
    assert.equal(folder.read("authority/server.crt"), first.cert);
  }
  clock.step(98 * DAY);
  // A name that is missing needs a new one, which clients with a date accept.
  const more = { ...names, dns: [...names.dns, "more.example"] };
  const made = await serverIdentity(folder.authority, more, clock);
  assert.equal(made.isNew, true);
  await verify(folder, "authority/ca.crt", START);
  const again = await serverIdentity(folder.authority, more, clock);
  assert.deepEqual(again, { ...made, isNew: false });
});

Deno.test("server certificate: one that clients trust itself stays when the calendar is set back", async () => {
  await using folder = new Folder();
  const clock = new ManualClock(START);
  await createAuthority(folder.authority, { name: "Far" }, clock);
  await Deno.remove(folder.at("authority/ca.key"));
  const first = await serverIdentity(folder.authority, names, clock);
  clock.step(-2 * DAY);
  const kept = await serverIdentity(folder.authority, names, clock);
  assert.deepEqual(kept, { ...first, isNew: false });
});

Deno.test("server certificate: an authority of a day to come issues nothing, and says so", async () => {
  await using folder = new Folder();
  const clock = new ManualClock(START + 10 * 365 * DAY);
  await createAuthority(folder.authority, { name: "Ahead" }, clock);
  clock.step(START - clock.date());
  await assert.rejects(serverIdentity(folder.authority, names, clock), {
    fault: "clock",
    message: /begins on 2036-.*believes that it is 2026-.*set its date first/,
  });
});

Deno.test("server certificate: many starts at once make one", async () => {
  await using folder = new Folder();
  const clock = new ManualClock(START);
  const all = await Promise.all(
    [1, 2, 3].map(() => serverIdentity(folder.authority, names, clock)),
  );
  assert.equal(new Set(all.map(({ cert }) => cert)).size, 1);
  assert.equal(all.filter(({ isNew }) => isNew).length, 1);
});

Deno.test("machine's names: its own, by mDNS, its addresses, and those it is told", () => {
  const found = machineNames(["Broker.example", "203.0.113.5", "no host"], {
    hostname: () => "Pi",
    networkInterfaces: () =>
      ["127.0.0.1", "::1", "192.0.2.4", "fe80::1", "169.254.3.4", "2001:DB8::4"]
        .map((address) => ({ address })),
  });
  assert.deepEqual(found, {
    dns: ["broker.example", "pi", "pi.local", "localhost"],
    ip: ["203.0.113.5", "127.0.0.1", "::1", "192.0.2.4", "2001:db8::4"],
    email: [],
  });
});

Deno.test("machine's names: one that may not be asked has the usual ones", () => {
  const refuse = () => {
    throw new Deno.errors.NotCapable("no");
  };
  assert.deepEqual(
    machineNames([], { hostname: refuse, networkInterfaces: refuse }),
    { ...noNames, dns: ["localhost"], ip: ["127.0.0.1", "::1"] },
  );
});
