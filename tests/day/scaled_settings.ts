import { PROFILES } from "../../src/config/mod.ts";
import { parseSize } from "../../src/config/text/units.ts";

/**
 * Returns the settings `set` of a broker beside a home that lives `speed` times
 * as fast: times are shorter, a budget for a day is larger.
 */
export function scaledSettings(
  set: readonly string[],
  speed: number,
): string[] {
  const given = set.map((one) => one.split(/=(.*)/s, 2));
  const isSmall = given.some(([name, value]) =>
    name === "profile.name" && value === "small"
  );
  const { defaults } = PROFILES[isSmall ? "small" : "standard"];
  const times: Record<string, number> = {
    "storage.flush_interval": defaults.storage?.flush_interval ?? 200,
    "sys.interval": 10_000,
  };
  const others: string[] = [];
  for (const [name, value] of given) {
    if (name === "storage.write_budget") {
      others.push(`${name}=${(parseSize(value) ?? 0) * speed}`);
    } else if (!(name in times)) others.push(`${name}=${value}`);
    else if (/^\d+ms$/.test(value)) times[name] = parseInt(value);
    else throw new Error(`give ${name} in ms, like ${name}=200ms`);
  }
  return [
    ...others,
    ...Object.entries(times).map(([name, ms]) =>
      `${name}=${Math.max(1, Math.round(ms / speed))}ms`
    ),
    // Thousands of devices that come back are no news here.
    "log.level=warn",
  ];
}
