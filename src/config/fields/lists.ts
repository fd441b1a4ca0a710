import type { AclRule } from "../model/access_settings.ts";
import { aclFields, groupFields, userFields } from "./access_fields.ts";
import { authFields } from "./auth_fields.ts";
import type { FieldsOf } from "./field.ts";
import { listenerFields } from "./listener_fields.ts";
import type { Settings } from "../model/settings.ts";

/** The sections that are lists of tables: `[[listener]]` and its like. */
export type ListName = "listener" | "auth" | "user" | "group" | "acl";

/** Facts about a table that are not fields. */
type Found = keyof Pick<AclRule, "place">;

/** Fields of one table of each list, in the order of the example file. */
export const lists: {
  readonly [Key in ListName]: FieldsOf<Omit<Settings[Key][number], Found>>;
} = {
  listener: listenerFields,
  auth: authFields,
  user: userFields,
  group: groupFields,
  acl: aclFields,
};

/** Returns whether a section is a list of tables. */
export function isList(name: unknown): name is ListName {
  return typeof name === "string" && Object.hasOwn(lists, name);
}
