import type { Path } from "../text/problem.ts";
import { hideSecret } from "../read/known_settings.ts";
import type { Settings } from "../model/settings.ts";

/**
 * Returns the settings as others may see them: where a secret was given there
 * is something else, so that one can still tell that it was.
 * @default standIn `(hidden)`
 */
export function withoutSecrets(
  settings: Settings,
  standIn: (secret: string) => string = () => "(hidden)",
): Settings {
  return hidden(settings, [], standIn) as Settings;
}

function hidden(
  value: unknown,
  path: Path,
  standIn: (secret: string) => string,
): unknown {
  if (Array.isArray(value)) {
    return value.map((one, index) => hidden(one, [...path, index], standIn));
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value)
      .map(([key, one]) => [key, hidden(one, [...path, key], standIn)]);
    return Object.fromEntries(members);
  }
  if (value === "" || path.length < 2) return value;
  return hideSecret(path, value, standIn);
}
