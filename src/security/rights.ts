import type { QoS } from "../mqtt/mod.ts";

/**
 * Rights of one client on one topic, as 18 bits: six cells, one for each QoS
 * without and with RETAIN, for each of three questions. A number, because the
 * broker looks it up for every message.
 */
export type Rights = number;

/** Of each question: a cell for each QoS, without RETAIN and with it. */
export const CELLS = 6;

/** All cells of one question. */
export const ALL_CELLS = 0x3f;

/** Larger than any `Rights`. */
export const RIGHTS_END: number = 1 << (3 * CELLS);

/** Everything may be done. */
export const ALL_RIGHTS: Rights = makeRights(ALL_CELLS, 0, ALL_CELLS);

/** Returns the cell of a QoS with or without RETAIN, as a bit. */
export function cellOf(qos: QoS, retain: boolean): number {
  return 1 << (retain ? qos + 3 : qos);
}

/**
 * Returns rights of three sets of cells: publish, publish if the access server
 * allows it, and receive.
 */
export function makeRights(
  publish: number,
  open: number,
  receive: number,
): Rights {
  return publish | open << CELLS | receive << (2 * CELLS);
}

/**
 * Returns whether a message may be published; null when that has to be asked
 * for.
 */
export function mayPublish(
  rights: Rights,
  qos: QoS,
  retain: boolean,
): boolean | null {
  const cell = cellOf(qos, retain);
  if ((rights & cell) !== 0) return true;
  return (rights >> CELLS & cell) !== 0 ? null : false;
}

/**
 * Returns the highest QoS up to `qos` at which a message may be received; -1
 * when it may not be at all.
 */
export function receivableQos(
  rights: Rights,
  qos: QoS,
  retain: boolean,
): QoS | -1 {
  const cells = rights >> (retain ? 2 * CELLS + 3 : 2 * CELLS) & 7;
  return highestQos(cells, qos);
}

/**
 * Returns the highest QoS up to `qos` of the cells in bits 0 to 2; -1 for none.
 */
export function highestQos(cells: number, qos: QoS): QoS | -1 {
  return (31 - Math.clz32(cells & (2 << qos) - 1)) as QoS | -1;
}
