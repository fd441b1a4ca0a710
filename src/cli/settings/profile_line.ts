import type { ReadSettings } from "./read_settings.ts";

const MIB = 1024 * 1024;

/**
 * Returns the profile in words, with the memory it was detected by; undefined
 * for the standard one, which needs no words.
 */
export function profileLine(
  { settings, memory }: Pick<ReadSettings, "settings" | "memory">,
): string | undefined {
  const { name } = settings.profile;
  if (name === "standard") return undefined;
  return memory === undefined
    ? name
    : `${name}, for ${Math.floor(memory / MIB)} MiB of memory`;
}
