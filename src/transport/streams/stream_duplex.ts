import { Duplex } from "node:stream";
import type { ByteStream } from "./byte_stream.ts";
import { closeQuietly } from "./close_quietly.ts";
import { writeAll } from "./write_all.ts";

/** Bytes read at a time while few come, and once many do. */
const SMALL = 2048;
const LARGE = 65536;

/**
 * Returns `stream` as a stream of Node's, for `node:tls`. It reads only while
 * Node asks for more, and takes a write when the last is out: Node's marks bound
 * the buffered bytes.
 */
export function duplexOf(stream: ByteStream): Duplex {
  let size = SMALL;
  return new Duplex({
    allowHalfOpen: true,
    read() {
      // A new buffer each time: Node keeps it.
      const buffer = new Uint8Array(size);
      stream.read(buffer).then((count) => {
        if (count === null) return void this.push(null);
        size = count === buffer.length ? LARGE : count < SMALL ? SMALL : size;
        this.push(buffer.subarray(0, count));
      }).catch((error) => this.destroy(error));
    },
    write(chunk: Uint8Array, _encoding, done) {
      writeAll(stream, chunk).then(() => done(), done);
    },
    final(done) {
      if (stream.closeWrite === undefined) return done();
      // The peer may be gone already.
      stream.closeWrite().then(() => done(), () => done());
    },
    destroy(error, done) {
      closeQuietly(stream);
      done(error);
    },
  });
}
