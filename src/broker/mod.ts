/** The composition root: makes the parts of a broker and connects them. */
export { Broker } from "./broker.ts";
export type { BrokerLog, BrokerPorts, StartedListener } from "./broker.ts";
export type { Trust } from "./automatic_certificate.ts";
