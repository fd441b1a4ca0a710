/** Text of `/metrics`: names, help and types, from the figures of the broker. */
export { families } from "./families.ts";
export { mosquittoFamilies } from "./mosquitto_families.ts";
export type { Family, Labels, Sample } from "./family.ts";
export {
  formatOf,
  MEDIA_TYPES,
  type MetricsFormat,
  metricsText,
} from "./metrics_text.ts";
