import type { Field } from "./field.ts";
import type { ProfileName } from "../model/settings.ts";
import { choice } from "./word_fields.ts";

/** Name of the profile; the configuration leaves the choice to the broker. */
export const profileName: Field<ProfileName> = {
  ...choice<ProfileName>(
    "standard",
    ["standard", "small"],
    "Defaults for a small board or for any other machine. Without a name the " +
      "broker takes small where it has less than 512 MiB of memory.",
  ),
  isCommented: true,
};
