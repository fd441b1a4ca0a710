import assert from "node:assert/strict";
import { crc32 } from "node:zlib";
import fc from "fast-check";
import { Message, type QoS, Topic } from "../../src/mqtt/mod.ts";
import {
  type Block,
  BLOCK_MAX,
  mayBeSame,
  sumIn,
} from "../../src/store/blocks/block.ts";
import { EMPTY } from "../../src/store/blocks/blocks.ts";
import { BlockReader } from "../../src/store/blocks/block_reader.ts";
import { BlockWriter, framed } from "../../src/store/blocks/block_writer.ts";
import {
  decodeContent,
  decodeHeader,
  encodeFrame,
  FRAME_HEADER,
  isFrame,
} from "../../src/store/blocks/commit_frame.ts";
import {
  readEntry,
  skipEntry,
  writeEntry,
} from "../../src/store/records/entry_record.ts";
import { decodeHead, encodeHead } from "../../src/store/blocks/head_record.ts";
import {
  MessageReader,
  writeMessage,
} from "../../src/store/records/message_record.ts";
import { PlainEntry, PlainSession } from "../../src/store/plain_state.ts";
import type { RecordKind } from "../../src/store/records/record_kind.ts";
import { RecordReader } from "../../src/store/records/record_reader.ts";
import { RecordWriter } from "../../src/store/records/record_writer.ts";
import {
  readSession,
  readSubscription,
  writeSession,
  writeSubscription,
} from "../../src/store/records/session_record.ts";
import { StoreError } from "../../src/store/mod.ts";
import { xxhash32 } from "../../src/store/base/xxhash32.ts";

/** Records that equal plain objects. */
const record = <T>(
  model: { [K in keyof T]: fc.Arbitrary<T[K]> },
): fc.Arbitrary<T> =>
  fc.record(model, { noNullPrototype: true }) as fc.Arbitrary<T>;

const text = fc.string({ unit: "binary", maxLength: 200 }).map((it) =>
  it.toWellFormed().replaceAll("\0", "")
);
const bytes = fc.uint8Array({ maxLength: 300 });
const qos = fc.constantFrom<QoS>(0, 1, 2);
const whole = fc.nat({ max: Number.MAX_SAFE_INTEGER });

const messages = record({
  topic: text,
  payload: bytes,
  properties: fc.option(bytes),
  qos,
  retain: fc.boolean(),
  expiresAt: fc.oneof(whole, fc.constant(Infinity)),
  publisher: text,
}).map(({ topic, payload, ...rest }) => {
  const encoded = new TextEncoder().encode(topic);
  return Object.assign(
    new Message(new Topic(topic, encoded), payload, 0, payload.length),
    rest,
  );
});

/** A reader at the beginning of what was written. */
function reading(writer: RecordWriter, tail?: Message): RecordReader {
  const reader = new RecordReader();
  const payload = tail === undefined ? new Uint8Array() : tail.bytes;
  // Not at the beginning of its bytes, as it stands in a block.
  const all = new Uint8Array(5 + writer.length + payload.length + 3).fill(255);
  all.set(writer.bytes.subarray(0, writer.length), 5);
  all.set(payload, 5 + writer.length);
  reader.open(all, 5, 5 + writer.length + payload.length);
  return reader;
}

function plain(message: Message) {
  const kept = message.keep();
  return {
    topic: kept.topic.text,
    topicBytes: [...kept.topic.bytes],
    payload: [...kept.bytes.subarray(kept.payloadStart, kept.payloadEnd)],
    properties: kept.properties && [...kept.properties],
    qos: kept.qos,
    retain: kept.retain,
    expiresAt: kept.expiresAt,
    publisher: kept.publisher,
  };
}

Deno.test("numbers, texts and bytes are read as they were written", () => {
  fc.assert(fc.property(
    fc.array(
      fc.oneof(
        fc.oneof(whole, fc.nat({ max: 1000 })).map((it) => ["varint", it]),
        fc.integer({ min: -1e9, max: 1e9 }).map((it) => ["signed", it]),
        text.map((it) => ["text", it]),
        bytes.map((it) => ["binary", it]),
      ),
      { maxLength: 50 },
    ),
    (fields) => {
      const writer = new RecordWriter();
      for (const [kind, value] of fields) {
        (writer[kind as "varint"])(value as number);
      }
      const reader = reading(writer);
      for (const [kind, value] of fields) {
        assert.deepEqual(reader[kind as "varint"](), value);
      }
      assert.equal(reader.more, false);
    },
  ));
});

Deno.test("a message is read as it was written", () => {
  fc.assert(fc.property(messages, (message) => {
    const writer = new RecordWriter();
    writeMessage(writer, message, 0);
    const read = new MessageReader(0).read(reading(writer, message));
    assert.deepEqual(plain(read), plain(message));
  }));
});

Deno.test("a session is read as it was written", () => {
  const sessions = record({
    clientId: text,
    expiryInterval: fc.nat({ max: 0xffffffff }),
    detachedAt: whole,
    username: fc.option(text),
    isClaimed: fc.boolean(),
    bridge: fc.boolean(),
    packetIds: fc.option(record({
      next: fc.integer({ min: 1, max: 65535 }),
      reserved: fc.nat({ max: 65535 }),
      barred: fc.array(record({
        first: fc.integer({ min: 1, max: 65535 }),
        count: fc.integer({ min: 1, max: 65535 }),
      })),
    })),
    will: fc.option(record({
      message: messages,
      delay: fc.nat({ max: 0xffffffff }),
      messageExpiry: fc.integer({ min: -1, max: 0xffffffff }),
    })),
  });
  fc.assert(fc.property(whole, sessions, (number, fields) => {
    const session = Object.assign(new PlainSession(fields.clientId), {
      ...fields,
      identity: { username: fields.username, isClaimed: fields.isClaimed },
    });
    const writer = new RecordWriter();
    writeSession(writer, number, session, 0);
    const { will, ...read } = readSession(
      reading(writer, fields.will?.message),
      new MessageReader(0),
      0,
    );
    const { will: before, ...rest } = fields;
    assert.deepEqual(read, { number, ...rest });
    assert.deepEqual(
      will && { ...will, message: plain(will.message) },
      before && { ...before, message: plain(before.message) },
    );
  }));
});

Deno.test("times are stored by the store's clock, whatever the broker's says", () => {
  const message = new Message(
    new Topic("a", new Uint8Array([97])),
    new Uint8Array(),
    0,
    0,
  );
  const session = new PlainSession("a");
  for (const at of [5000, 1_000_000_000_000]) {
    message.expiresAt = session.detachedAt = at;
    for (const [written, read] of [[0, 300], [1e12, 1e12 - 700], [-100, 900]]) {
      const later = at + written - read;
      const one = new RecordWriter();
      writeMessage(one, message, written);
      const two = new RecordWriter();
      writeSession(two, 1, session, written);
      assert.deepEqual(
        [
          new MessageReader(read).read(reading(one, message)).expiresAt,
          readSession(reading(two), new MessageReader(read), read).detachedAt,
        ],
        [later, later],
      );
    }
  }
  session.detachedAt = 0;
  const connected = new RecordWriter();
  writeSession(connected, 1, session, 5000);
  const { detachedAt } = readSession(
    reading(connected),
    new MessageReader(300),
    300,
  );
  assert.equal(detachedAt, 0, "connected is no time");
});

Deno.test("a session of a store that does not say whether its user name was proved is its user's", () => {
  const writer = new RecordWriter();
  writer.varint(7);
  writer.uint8(0x02);
  writer.text("meter");
  writer.varint(3600);
  writer.varint(1_700_000_000_000);
  writer.text("ann");
  const read = readSession(reading(writer), new MessageReader(0), 0);
  assert.deepEqual([read.username, read.isClaimed], ["ann", false]);
});

Deno.test("a subscription is read as it was written", () => {
  const options = record({
    qos,
    noLocal: fc.boolean(),
    retainAsPublished: fc.boolean(),
    retainHandling: fc.constantFrom<0 | 1 | 2>(0, 1, 2),
    identifier: fc.nat({ max: 268_435_455 }),
  });
  fc.assert(fc.property(
    whole,
    whole,
    text,
    fc.option(text),
    options,
    (number, session, filter, share, options) => {
      const subscriber = new PlainSession("a");
      const writer = new RecordWriter();
      const block = 0;
      const made = { subscriber, filter, share, options, number, block };
      writeSubscription(writer, session, made);
      assert.deepEqual(
        readSubscription(reading(writer), 9),
        { number, session, block: 9, filter, group: share, options },
      );
    },
  ));
});

Deno.test("an entry is read as it was written", () => {
  const entries = record({
    message: fc.constant(null),
    qos,
    retain: fc.boolean(),
    packetId: fc.nat({ max: 65535 }),
    identifiers: fc.option(fc.array(fc.nat({ max: 268_435_455 }))),
    group: fc.option(record({ name: text, filter: text })),
  });
  fc.assert(fc.property(whole, entries, (session, fields) => {
    const writer = new RecordWriter();
    const entry = new PlainEntry(new PlainSession("a"), fields);
    writeEntry(writer, session, entry);
    const read = reading(writer);
    const passed = reading(writer);
    assert.deepEqual(
      readEntry(read, 7, 8, 9),
      { number: 7, body: 8, block: 9, session, ...fields },
    );
    skipEntry(passed);
    assert.equal(passed.at, read.at);
  }));
});

Deno.test("a record that is cut off is no record", () => {
  fc.assert(fc.property(messages, fc.nat({ max: 99 }), (message, percent) => {
    const writer = new RecordWriter();
    writeMessage(writer, message, 0);
    const reader = reading(writer);
    reader.end = reader.at + Math.floor(writer.length * percent / 100);
    assert.throws(() => new MessageReader(0).read(reader), StoreError);
  }));
});

Deno.test("records of any length go through blocks", () => {
  fc.assert(
    fc.property(
      fc.array(
        record({
          kind: fc.integer({ min: 1, max: 11 }),
          head: fc.uint8Array({ maxLength: 50 }),
          tail: fc.oneof(
            { weight: 20, arbitrary: fc.nat({ max: 300 }) },
            { weight: 4, arbitrary: fc.nat({ max: 9000 }) },
            { weight: 1, arbitrary: fc.nat({ max: 3 * BLOCK_MAX }) },
          ),
        }),
        { maxLength: 300 },
      ),
      fc.integer({ min: 1, max: 50 }),
      (records, batch) => {
        const writer = new BlockWriter(1);
        const blocks: Block[] = [];
        const begun: number[] = [];
        records.forEach(({ kind, head, tail }, i) => {
          const record = new RecordWriter();
          for (const byte of head) record.uint8(byte);
          const bytes = new Uint8Array(tail).fill(i);
          begun.push(
            writer.putLong(kind as RecordKind, record, bytes, 0, tail),
          );
          if (i % batch === 0) blocks.push(...writer.take());
        });
        blocks.push(...writer.take());
        let at = 0;
        const reader = new BlockReader({
          record(kind, record, number, bytes) {
            const { head, tail, kind: expected } = records[at];
            assert.equal(kind, expected);
            assert.equal(number, begun[at]);
            assert.equal(bytes, framed(head.length + tail));
            for (const byte of head) assert.equal(record.uint8(), byte);
            if (tail > 0) assert.equal(record.uint8(), at & 0xff);
            assert.equal(record.end - record.at, Math.max(0, tail - 1));
            at++;
          },
        });
        for (const block of blocks) {
          assert.ok(block.bytes.length <= BLOCK_MAX);
          reader.block(block);
        }
        reader.end({ last: writer.number - 1, sum: writer.sum });
        assert.equal(at, records.length);
      },
    ),
    { numRuns: 30 },
  );
});

Deno.test("a block with a flipped bit, or in another's place, is damaged", () => {
  const writer = new BlockWriter(7);
  const record = new RecordWriter();
  record.text("a record");
  writer.put(1, record);
  const [{ bytes }] = writer.take();
  const reader = () => new BlockReader({ record() {} });
  reader().block({ number: 7, bytes });
  assert.throws(() => reader().block({ number: 8, bytes }), /block 8/);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3] ^= 1 << (bit & 7);
    assert.throws(
      () => reader().block({ number: 7, bytes: flipped }),
      StoreError,
    );
  }
});

Deno.test("the head, and a commit, are read as they were written", () => {
  const heads = record({
    first: fc.integer({ min: 1, max: 1e12 }),
    last: fc.nat({ max: 1e12 }),
    commit: whole,
    next: whole,
    time: whole,
    epoch: fc.nat({ max: 2 ** 48 }),
    sum: fc.nat({ max: 0xffffffff }),
  });
  const clocks = record({
    date: whole,
    machine: fc.option(record({
      id: fc.integer({ min: 1, max: 2 ** 48 }),
      uptime: whole,
    })),
  });
  const both = fc.tuple(heads, fc.option(clocks)).map(([head, clocks]) => ({
    ...head,
    ...clocks,
  }));
  fc.assert(fc.property(both, fc.array(bytes), (head, contents) => {
    assert.deepEqual(decodeHead(encodeHead(head)), head);
    assert.equal(encodeHead(head), encodeHead(head), "journal and store share");
    const blocks = contents.map((bytes, i) => ({ number: i * 1000, bytes }));
    const frame = encodeFrame({ head, blocks }, 7, 8);
    const header = frame.subarray(0, FRAME_HEADER);
    const content = frame.subarray(FRAME_HEADER);
    const { mark, length, before } = decodeHeader(header);
    assert.deepEqual([mark, length, before], [7, content.length, 8]);
    assert.ok(isFrame(header, content));
    assert.deepEqual(decodeContent(content), { head, blocks });
    frame[8 + contents.length % (frame.length - 8)] ^= 4;
    assert.ok(!isFrame(header, content));
  }));
});

Deno.test("a head with numbers of later versions is read, one of a later schema is newer", () => {
  const head = {
    ...{ ...EMPTY, commit: 5, epoch: 2 ** 47, sum: 0xfffffff0 },
    ...{ date: 8, machine: null },
  };
  const bytes = encodeHead(head);
  const longer = new Uint8Array(bytes.length + 3);
  longer.set(bytes.subarray(0, -4));
  longer.set([0x81, 1, 9], bytes.length - 4);
  const seal = () =>
    new DataView(longer.buffer).setUint32(
      longer.length - 4,
      crc32(longer.subarray(0, -4)),
      true,
    );
  seal();
  assert.deepEqual(decodeHead(longer), head);
  longer[1]++;
  assert.throws(() => decodeHead(longer), { fault: "corrupt" });
  seal();
  assert.throws(() => decodeHead(longer), { fault: "newer" });
});

Deno.test("a block that another one came before does not follow", () => {
  const record = new RecordWriter();
  record.text("a record");
  const take = (number: number, sum: number) => {
    const writer = new BlockWriter(number, sum);
    writer.put(1, record);
    return { block: writer.take()[0], sum: writer.sum };
  };
  const first = take(1, 0);
  const second = take(2, first.sum);
  const other = take(2, first.sum ^ 1);
  const reader = () => {
    const made = new BlockReader({ record() {} });
    made.block(first.block);
    return made;
  };
  reader().block(second.block);
  assert.throws(() => reader().block(other.block), /2 does not continue/);
  const whole = reader();
  whole.block(second.block);
  whole.end({ last: 2, sum: second.sum });
  const replaced = reader();
  replaced.block(second.block);
  assert.throws(
    () => replaced.end({ last: 2, sum: other.sum }),
    /sum of block 2 differs/,
  );
});

Deno.test("the sum of older schemas is xxHash32", () => {
  const vectors: readonly [string, number][] = [
    ["", 0x02cc5d05],
    ["a", 0x550d7456],
    ["abc", 0x32d153ff],
    ["Nobody inspects the spammish repetition", 0xe2293b2f],
  ];
  for (const [text, sum] of vectors) {
    const encoded = new TextEncoder().encode(`xx${text}x`);
    assert.equal(xxhash32(encoded, 2, encoded.length - 1), sum);
  }
});

Deno.test("a block without the rest of a record that began before it does not follow", () => {
  const record = new RecordWriter();
  record.text("a record");
  const writer = new BlockWriter(1);
  const tail = new Uint8Array(BLOCK_MAX);
  writer.putLong(1, record, tail, 0, tail.length);
  const [first, second] = writer.take();
  const other = new BlockWriter(2, sumIn(first));
  other.put(1, record);
  const reader = () => {
    const made = new BlockReader({ record() {} });
    made.block(first);
    return made;
  };
  reader().block(second);
  const [stranger] = other.take();
  assert.throws(() => reader().block(stranger), /continuation does not match/);
});

Deno.test("sums of a block are the same, or one of them is unknown", () => {
  const same = [[7, 7], [0, 7], [7, 0], [0, 0]];
  for (const [a, b] of same) assert.equal(mayBeSame(a, b), true);
  assert.equal(mayBeSame(7, 8), false);
});
