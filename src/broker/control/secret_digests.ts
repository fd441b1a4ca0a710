import { createHmac } from "node:crypto";
import { type Settings, withoutSecrets } from "../../config/mod.ts";

/**
 * Returns the settings with a digest in place of each secret: who has settings
 * of its own, and the `key`, can tell whether the secrets are the same, and no
 * more.
 */
export function withSecretDigests(settings: Settings, key: string): Settings {
  return withoutSecrets(
    settings,
    (secret) => createHmac("sha256", key).update(secret).digest("base64"),
  );
}
