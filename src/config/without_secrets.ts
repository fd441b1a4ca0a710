import type { Path } from "./problem.ts";
import { isSecretSetting } from "./known_settings.ts";
import type { Settings } from "./settings.ts";

/**
 * The settings as others may see them: where a secret was given there is
 * `(hidden)`, so that one can still tell that it was.
 */
export function withoutSecrets(settings: Settings): Settings {
  return hidden(settings, []) as Settings;
}

function hidden(value: unknown, path: Path): unknown {
  if (Array.isArray(value)) {
    return value.map((one, index) => hidden(one, [...path, index]));
  }
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value)
      .map(([key, one]) => [key, hidden(one, [...path, key])]);
    return Object.fromEntries(members);
  }
  if (value === "" || path.length < 2) return value;
  return isSecretSetting(path) ? "(hidden)" : value;
}
