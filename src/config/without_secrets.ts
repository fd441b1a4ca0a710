import { createHmac } from "node:crypto";
import type { Path } from "./problem.ts";
import { isSecretSetting } from "./known_settings.ts";
import type { Settings } from "./settings.ts";

/**
 * The settings as others may see them: where a secret was given there is
 * `(hidden)`, so that one can still tell that it was.
 */
export function withoutSecrets(settings: Settings): Settings {
  return hidden(settings, [], () => "(hidden)") as Settings;
}

/**
 * The settings with a digest in place of each secret: who has settings of its
 * own, and the `key`, can tell whether the secrets are the same, and no more.
 */
export function withSecretDigests(settings: Settings, key: string): Settings {
  const digest = (secret: string) =>
    createHmac("sha256", key).update(secret).digest("base64");
  return hidden(settings, [], digest) as Settings;
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
  return isSecretSetting(path) ? standIn(String(value)) : value;
}
