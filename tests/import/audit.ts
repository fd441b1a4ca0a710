import { CLIENT, openssl, SERVER, type Workshop } from "../support/workshop.ts";
import { planAudit, type Question } from "./audit_plan.ts";
import { freePorts, startImported } from "./imported_site.ts";
import { startMosquitto } from "./mosquitto.ts";
import { attempted, type Site } from "./visitors.ts";

/** Questions about each configuration. */
export const QUESTIONS = 50;

/** What an audit of one configuration found. */
export interface Audit {
  readonly seed: number;
  /** What the imported broker allows and Mosquitto denies. */
  readonly breaches: readonly string[];
  /** Answers by what the two said: `allow/deny` is Mosquitto's first. */
  readonly tally: Readonly<Record<Answers, number>>;
}

/** Mosquitto's answer, and that of the imported broker. */
export type Answers = "allow/allow" | "allow/deny" | "deny/deny" | "deny/allow";

/** Lays out certificates, lists and passwords that all configurations share. */
export async function layOutAudit(workshop: Workshop): Promise<void> {
  const ca = await workshop.authority("ca");
  const other = await workshop.authority("other");
  await ca.issue("server", { extensions: SERVER });
  await ca.issue("alice", { extensions: CLIENT });
  await other.issue("carol", { extensions: CLIENT });
  const revoked = await ca.issue("revoked", {
    extensions: CLIENT,
    subject: "/CN=bob",
  });
  await ca.list(workshop.path("old.crl"), -1);
  await ca.revoke(revoked);
  await ca.list(workshop.path("ca.crl"));
  await other.list(workshop.path("other.crl"));
  const join = async (to: string, ...from: string[]) => {
    const texts = from.map((one) => Deno.readTextFile(workshop.path(one)));
    await Deno.writeTextFile(
      workshop.path(to),
      (await Promise.all(texts)).join(""),
    );
  };
  await join("both.crt", "ca.crt", "other.crt");
  await join("both.crl", "ca.crl", "other.crl");
  for (const folder of ["hashed", "unhashed"]) {
    await Deno.mkdir(workshop.path(folder));
    await join(`${folder}/ca.crt`, "ca.crt");
    await join(`${folder}/other.pem`, "other.crt");
  }
  // Only one of the two has the name by which OpenSSL looks for it.
  const hash = await openssl(["x509", "-hash", "-noout", "-in", ca.files.cert]);
  await join(`hashed/${hash.trim()}.0`, "ca.crt");
  const passwd = new URL("./configs/passwd", import.meta.url);
  await Deno.writeTextFile(
    workshop.path("passwd"),
    await Deno.readTextFile(passwd),
    { mode: 0o600 },
  );
}

/** Asks both brokers the same about the configuration of a seed. */
export async function audit(
  seed: number,
  workshop: Workshop,
): Promise<Audit> {
  const { conf, files, speaks, questions } = planAudit(seed, QUESTIONS);
  const { folder } = workshop;
  for (const name of ["acl-all", "acl-0", "acl-1"]) {
    await Deno.remove(`${folder}/${name}`).catch(() => {});
  }
  for (const [name, text] of Object.entries(files)) {
    await Deno.writeTextFile(`${folder}/${name}`, text);
  }
  const ports = freePorts(2);
  const text = conf.replaceAll("@DIR@", folder)
    .replace(/@PORT(\d)@/g, (_, index) => `${ports[Number(index)]}`);
  const site = { folder, ports, speaks, conf: `${folder}/audit.conf` };
  const write = () => Deno.writeTextFile(site.conf, text);
  await write();
  const theirs = await answersOf(
    questions,
    async () => ({ broker: await startMosquitto(site.conf), site }),
  );
  await write();
  const ours = await answersOf(questions, async () => {
    const broker = await startImported(site);
    return { broker, site: broker.site };
  });
  const tally: Record<Answers, number> = {
    ...{ "allow/allow": 0, "allow/deny": 0, "deny/deny": 0, "deny/allow": 0 },
  };
  const breaches: string[] = [];
  questions.forEach((question, index) => {
    const word = (yes: boolean) => yes ? "allow" : "deny";
    const answers = `${word(theirs[index])}/${word(ours[index])}` as Answers;
    tally[answers]++;
    if (answers === "deny/allow") breaches.push(JSON.stringify(question));
  });
  return { seed, breaches, tally };
}

/** Answers to all questions; no to all where the broker does not start. */
async function answersOf(
  questions: readonly Question[],
  start: () => Promise<{ broker: AsyncDisposable; site: Site }>,
): Promise<boolean[]> {
  let started;
  try {
    started = await start();
  } catch (error) {
    if (error instanceof TypeError) throw error;
    return questions.map(() => false);
  }
  await using _broker = started.broker;
  const answers: boolean[] = [];
  for (const { from, to, topic, filter } of questions) {
    const heard = await attempted({
      ...{ from, to, publishes: topic, subscribes: filter, hears: topic },
    }, started.site);
    answers.push(heard !== null && heard !== "refused");
  }
  return answers;
}
