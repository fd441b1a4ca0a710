/**
 * A day of a smart home: devices with retained telemetry and states, beside a
 * broker of its own (`deno task test:day`, `deno task test:soak`). Prints
 * memory, MB written in a day and the share of one core. Exits 1 when a QoS 1
 * message was lost or the memory grew by more than 5 %.
 *
 *     --speed N      seconds of the home in a second [20]
 *     --hours N      hours of the home [24]
 *     --minutes N    instead of hours: minutes that the run takes
 *     --devices N    [200]
 *     --rate N       messages a second of the home [30]
 *     --set K=V      a setting of the broker; may be repeated
 *     --chart FILE   writes an SVG of memory and latency
 *     --seed N       names the course of events [1]
 *
 * Times of the broker are as much shorter as the home's: flush_interval and
 * the interval of $SYS are divided by the speed, write_budget is multiplied.
 */
import { parseArgs } from "node:util";
import { chartOf } from "./chart.ts";
import { type Day, runDay, type Sample } from "./day.ts";
import { reportOf } from "./report.ts";
import { scaledSettings } from "./scaled_settings.ts";

const { values } = parseArgs({
  args: Deno.args.filter((one) => one !== "--"),
  options: {
    speed: { type: "string", default: "20" },
    hours: { type: "string", default: "24" },
    minutes: { type: "string" },
    devices: { type: "string", default: "200" },
    rate: { type: "string", default: "30" },
    set: { type: "string", multiple: true, default: [] },
    chart: { type: "string" },
    seed: { type: "string", default: "1" },
  },
});

function positive(name: keyof typeof values): number {
  const number = Number(values[name]);
  if (number > 0) return number;
  throw new Error(`--${name} takes a number above 0, not ${values[name]}`);
}

const MIB = 1024 * 1024;
const speed = positive("speed");
const seconds = values.minutes === undefined
  ? positive("hours") * 3600
  : positive("minutes") * 60 * speed;
const devices = positive("devices");
const rate = positive("rate");

function line(sample: Sample): string {
  const hour = (sample.at / 3600).toFixed(2).padStart(6);
  const memory = (sample.resident / MIB).toFixed(1).padStart(6);
  const own = (sample.anonymous / MIB).toFixed(1).padStart(6);
  const mb = (sample.written / 1e6).toFixed(0).padStart(7);
  const cpu = sample.cpu.toFixed(1).padStart(7);
  const { median, slow } = sample;
  return `${hour} h ${memory} MiB (${own} own) ${mb} MB written ${cpu} s CPU ` +
    `latency ${median.toFixed(2)} ms, 99 %: ${slow.toFixed(1)} ms`;
}

function summary(day: Day): string {
  const { counts } = day;
  const report = reportOf(day);
  return [
    `${(day.seconds / 3600).toFixed(1)} hours of ${devices} devices at ` +
    `${speed} x: ${counts.published} messages, ${counts.received} received, ` +
    `${counts.missing} missing, ${counts.commands} commands, ` +
    `${counts.connections} connections, ${day.retained} of ${counts.topics} ` +
    "topics retained",
    `memory: ${report.before.toFixed(1)} MiB in the second quarter, ` +
    `${report.after.toFixed(1)} in the last (${report.growth.toFixed(1)} %), ` +
    `${report.anonymous.toFixed(1)} of it not backed by files`,
    `written: ${report.written.toFixed(0)} MB a day`,
    `CPU: ${report.cpu.toFixed(2)} % of one core, ` +
    `${report.message.toFixed(0)} µs a message`,
    `latency: median ${report.median.toFixed(2)} ms, 99 % of the worst ` +
    `sample ${report.slow.toFixed(1)} ms`,
  ].join("\n");
}

const folder = await Deno.makeTempDir({ prefix: "dunlin-day-" });
const plan = {
  ...{ devices, rate, speed, seconds, folder },
  seed: positive("seed"),
  samples: 360,
  settings: scaledSettings(values.set, speed),
  runtime: ["--v8-flags=--max-semi-space-size=4"],
};
let shown = 0;
let day: Day;
try {
  day = await runDay(plan, (sample) => {
    if (shown++ % 12 === 0) console.log(line(sample));
  });
} finally {
  await Deno.remove(folder, { recursive: true });
}
console.log(summary(day));
if (values.chart !== undefined) {
  const title = `${devices} devices, ${rate} messages a second, ` +
    `${(seconds / 3600).toFixed(0)} hours at ${speed} times the speed`;
  await Deno.writeTextFile(values.chart, chartOf(title, day.samples));
}
const isSound = day.counts.missing === 0 && reportOf(day).growth <= 5;
Deno.exit(isSound ? 0 : 1);
