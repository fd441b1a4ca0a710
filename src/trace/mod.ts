/** The rows of a message trace: packets without secrets, NDJSON, table, pcap. */
export { isTraceKind, TRACE_KINDS, type TraceKind } from "./trace_kinds.ts";
export { packetFacts, type Shown } from "./packet_facts.ts";
export { packetBytes } from "./packet_bytes.ts";
export { Pcap } from "./pcap.ts";
export {
  type PayloadForm,
  readableBytes,
  type ReadablePayload,
  shownRow,
} from "./shown_row.ts";
export { type RowCells, rowCells } from "./row_cells.ts";
export {
  HIDDEN,
  type PacketFacts,
  PREVIEW,
  type ShownFilter,
  type ShownPayload,
  type ShownValue,
  type ShownWill,
  type TraceEnd,
  type TraceGap,
  type TraceLine,
  type TraceRow,
} from "./trace_row.ts";
