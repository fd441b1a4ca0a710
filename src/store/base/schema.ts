/*
 * Schemas:
 *   1  blocks without a sum: 4 bytes of carried length, then records
 *   2  a sum (xxHash32) before that; the schema is stored under a key of its own
 *   3  sums are CRC-32; each block and each frame of a journal has the sum of
 *      the one before, and the head has an epoch and says its schema
 */

/** The schema that is written; part of every block's key. */
export const SCHEMA = 3;
