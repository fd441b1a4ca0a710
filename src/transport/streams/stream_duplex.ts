import { Duplex } from "node:stream";
import type { ByteStream } from "./byte_stream.ts";
import { closeQuietly } from "./close_quietly.ts";
import { writeAll } from "./write_all.ts";

/** What is read at a time while little comes, and once much does. */
const SMALL = 2048;
const LARGE = 65536;

/**
 * A `ByteStream` as a stream of Node's, so that `node:tls` can stand on it. It
 * reads only while Node asks for more, and takes the next write when the last
 * is out: nothing is buffered but what Node's marks allow.
 */
export function duplexOf(stream: ByteStream): Duplex {
  let size = SMALL;
  return new Duplex({
    allowHalfOpen: true,
    read() {
      // A buffer of its own each time: it belongs to Node from then on.
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
      // The peer may be gone already: there is nobody left to tell.
      stream.closeWrite().then(() => done(), () => done());
    },
    destroy(error, done) {
      closeQuietly(stream);
      done(error);
    },
  });
}
