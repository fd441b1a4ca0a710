/** Properties of any packet as a list; loaded by traces and tools alone. */
export { encodePropertyList, readPropertyList } from "./property_list.ts";
export type {
  PropertyBounds,
  PropertyEntry,
  PropertyList,
  PropertyValue,
} from "./property_list.ts";
