/** Sizes and offsets of the 64-bit ELF format. */
const PROGRAM_HEADER = 56;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
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
  /** The address where the linker writes that of an imported function. */
  readonly addressOf: (name: string) => number;
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
  let note = 0;
  let end = 0;
  for (const header of headersOf(view)) {
    const type = view.getUint32(header, true);
    if (type === PT_NOTE) note = header;
    if (type !== PT_LOAD) continue;
    end = Math.max(end, word(header + 16) + word(header + 40));
    // Loaded segments are in the order of their addresses.
    note = 0;
  }
  if (note === 0) throw new Error("the runtime has no header to spare");
  const place = {
    ...{ offset: up(file.length), address: up(end), entry: word(24) },
    addressOf: (name: string) => importedAt(view, name),
  };
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

/** Returns the offsets of all program headers. */
function headersOf(view: DataView): number[] {
  const first = Number(view.getBigUint64(32, true));
  return Array.from(
    { length: view.getUint16(56, true) },
    (_, i) => first + i * PROGRAM_HEADER,
  );
}

/** Tags of the dynamic section. */
const DT_PLTRELSZ = 2;
const DT_STRTAB = 5;
const DT_SYMTAB = 6;
const DT_RELA = 7;
const DT_RELASZ = 8;
const DT_JMPREL = 23;
const DT_FLAGS = 30;

/** Of DT_FLAGS: the linker writes all addresses before it calls the entry. */
const DF_BIND_NOW = 8;

/** Sizes of a relocation and of a symbol (bytes). */
const RELOCATION = 24;
const SYMBOL = 24;

/** Returns where the linker writes the address of `name`; throws if nowhere. */
function importedAt(view: DataView, name: string): number {
  const word = (at: number) => Number(view.getBigUint64(at, true));
  const headers = headersOf(view);
  const offsetOf = (address: number): number => {
    const header = headers.find((one) =>
      view.getUint32(one, true) === PT_LOAD && address >= word(one + 16) &&
      address < word(one + 16) + word(one + 32)
    );
    if (header === undefined) throw new Error(`nothing is at ${address}`);
    return address - word(header + 16) + word(header + 8);
  };
  const dynamic = new Map<number, number>();
  for (const header of headers) {
    if (view.getUint32(header, true) !== PT_DYNAMIC) continue;
    const begin = word(header + 8);
    for (let at = begin; at < begin + word(header + 32); at += 16) {
      dynamic.set(word(at), word(at + 8));
    }
  }
  const tag = (number: number) => dynamic.get(number) ?? 0;
  if ((tag(DT_FLAGS) & DF_BIND_NOW) === 0) {
    throw new Error("the runtime is linked lazily: link it with -z now");
  }
  const symbols = offsetOf(tag(DT_SYMTAB));
  const names = offsetOf(tag(DT_STRTAB));
  const wanted = new TextEncoder().encode(`${name}\0`);
  const isWanted = (at: number) =>
    wanted.every((byte, i) => view.getUint8(at + i) === byte);
  const tables = [[DT_JMPREL, DT_PLTRELSZ], [DT_RELA, DT_RELASZ]];
  for (const [table, size] of tables) {
    if (!dynamic.has(table)) continue;
    const begin = offsetOf(tag(table));
    for (let at = begin; at < begin + tag(size); at += RELOCATION) {
      const symbol = view.getUint32(at + 12, true);
      if (symbol === 0) continue;
      const text = names + view.getUint32(symbols + symbol * SYMBOL, true);
      if (isWanted(text)) return word(at);
    }
  }
  throw new Error(`the runtime does not import ${name}`);
}

function up(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}
