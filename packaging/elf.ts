/** Sizes and offsets of the 64-bit ELF format. */
const PROGRAM_HEADER = 56;
const PT_LOAD = 1;
const PT_NOTE = 4;
const READ_AND_EXECUTE = 5;

/** Pages of all systems are at most as large (bytes). */
const ALIGNMENT = 0x10000;

/** Where a new segment lies. */
export interface Place {
  /** In the file; a multiple of 64 KiB. */
  readonly offset: number;
  /** In memory, beside the address of the file. */
  readonly address: number;
  /** The address of the program's entry. */
  readonly entry: number;
}

/**
 * Returns the 64-bit executable `file` with one more segment, which can be read
 * and executed and has the new entry at its begin. `fill` is given its place and
 * returns its bytes. The header of the notes, which nothing needs at run time,
 * becomes that of the segment. Throws an `Error` for other kinds of files.
 */
export function addSegment(
  file: Uint8Array<ArrayBuffer>,
  fill: (place: Place) => Uint8Array,
): Uint8Array<ArrayBuffer> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const isElf = view.getUint32(0) === 0x7f454c46;
  if (!isElf || view.getUint16(4) !== 0x0201) {
    throw new Error("the runtime is no 64-bit little-endian ELF file");
  }
  const word = (at: number) => Number(view.getBigUint64(at, true));
  const headers = word(32);
  let note = 0;
  let end = 0;
  for (let i = 0; i < view.getUint16(56, true); i++) {
    const header = headers + i * PROGRAM_HEADER;
    const type = view.getUint32(header, true);
    if (type === PT_NOTE) note = header;
    if (type !== PT_LOAD) continue;
    end = Math.max(end, word(header + 16) + word(header + 40));
    // Loaded segments are in the order of their addresses.
    note = 0;
  }
  if (note === 0) throw new Error("the runtime has no header to spare");
  const place = { offset: up(file.length), address: up(end), entry: word(24) };
  const segment = fill(place);
  const result = new Uint8Array(place.offset + segment.length);
  result.set(file);
  result.set(segment, place.offset);
  const changed = new DataView(result.buffer);
  changed.setUint32(note, PT_LOAD, true);
  changed.setUint32(note + 4, READ_AND_EXECUTE, true);
  const fields = [place.offset, place.address, place.address];
  [...fields, segment.length, segment.length, ALIGNMENT].forEach((field, i) =>
    changed.setBigUint64(note + 8 + 8 * i, BigInt(field), true)
  );
  changed.setBigUint64(24, BigInt(place.address), true);
  return result;
}

function up(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
