/** One small mistake in a source file, and the tests that have to notice it. */
export interface Mutant {
  /** The file, from `src/`. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly from: string;
  /** What stands there instead. */
  readonly to: string;
  /** The nearest tests, from `tests/`, looked at in this order. */
  readonly tests: readonly string[];
}

type Row = readonly [file: string, from: string, to: string];

function mutants(tests: readonly string[], rows: readonly Row[]): Mutant[] {
  return rows.map(([file, from, to]) => ({ file, from, to, tests }));
}

const codec = mutants(["codec", "property"], [
  ["codec/bytes/varint.ts", "value < 128", "value <= 128"],
  ["codec/bytes/varint.ts", "value < 16_384", "value <= 16_384"],
  ["codec/bytes/varint.ts", "value < 2_097_152", "value <= 2_097_152"],
  ["codec/bytes/byte_reader.ts", "byte === 0 && shift > 0", "false"],
  ["codec/bytes/frame.ts", "total > maxPacketSize", "total >= maxPacketSize"],
  ["codec/bytes/frame.ts", "if (shift > 21)", "if (shift > 28)"],
  ["codec/bytes/properties_decoder.ts", "if (value > 1)", "if (value > 2)"],
  [
    "codec/bytes/publish_properties.ts",
    "payloadFormat > 1",
    "payloadFormat > 2",
  ],
  ["codec/packets/ack_decoder.ts", "if (packetId === 0)", "if (packetId < 0)"],
  [
    "codec/packets/publish_decoder.ts",
    "qos === 0 ? topicEnd : topicEnd + 2",
    "topicEnd + 2",
  ],
  [
    "codec/packets/subscribe.ts",
    "if (retainHandling === 3)",
    "if (retainHandling > 3)",
  ],
  [
    "codec/packets/disconnect.ts",
    "reader.at === reader.end ? 0 : reader.uint8()",
    "reader.uint8()",
  ],
  ["mqtt/utf8.ts", "if (lead < 0xc2) return 0;", "if (lead < 0xc0) return 0;"],
  [
    "mqtt/topics.ts",
    "if (code === HASH && i < last)",
    "if (code === HASH && i > last)",
  ],
]);

const session = mutants(["session", "limits"], [
  [
    "session/session/session.ts",
    "    this.#context.durability.changes?.received(this, packetId);\n    return true;",
    "    return true;",
  ],
  ["session/core/deferred_acks.ts", "if (answer.batch > batch) continue;", ""],
  [
    "session/core/deferred_acks.ts",
    "if (waiting.cost > MOST)",
    "if (waiting.cost < 0)",
  ],
  [
    "session/core/durability.ts",
    "(entry.packetId === 0 || !this.isStored(entry))",
    "!this.isStored(entry)",
  ],
  ["session/connection/identity_end.ts", "Math.min(rest, LOOK)", "rest"],
  [
    "session/connection/connection.ts",
    "if (bytes < this.#heardOf) this.#heardOf = 0;",
    "",
  ],
  [
    "session/session/inflight_window.ts",
    "if (barred.length > 0 && isAmong(id, barred)) continue;",
    "",
  ],
  [
    "session/session/backlog.ts",
    "this.bytes + size > backlogBytes",
    "this.bytes > backlogBytes",
  ],
  [
    "session/session/session_clock.ts",
    "Math.min(this.#willAt, this.#expiresAt)",
    "this.#expiresAt",
  ],
  [
    "session/session/retained_feeds.ts",
    "if (message.publisher === notFrom) return;",
    "",
  ],
  [
    "session/session/mount_point.ts",
    "if (bytes.length <= own.length) return false;",
    "",
  ],
  [
    "session/packets/ack_handler.ts",
    "isInFlight || entry === null) return;",
    "isInFlight || entry?.qos !== 1) return;",
  ],
  [
    "session/packets/disconnect_handler.ts",
    "connection.askedExpiry === 0 && expiry !== 0",
    "expiry < 0",
  ],
  [
    "session/packets/publish_handler.ts",
    "packet.qos !== 0 && context.full",
    "context.full",
  ],
  ["session/connect/negotiate.ts", "Math.min(asked, maxExpiry)", "asked"],
]);

const router = mutants(["router", "property"], [
  [
    "router/retained/retained_store.ts",
    "maxBytes > 0 && more > 0 && this",
    "maxBytes > 0 && this",
  ],
  [
    "router/matching/match_cache.ts",
    "topic !== null && !holds(topic)",
    "topic !== null && holds(topic)",
  ],
  [
    "router/matching/recent_changes.ts",
    "if (to > from && name.length > LONGEST) return true;",
    "",
  ],
  [
    "router/filters/filter_match.ts",
    "(first === PLUS || first === HASH) && name",
    "first === PLUS && name",
  ],
  [
    "router/filters/tree_walk.ts",
    "if (start > text.length) return this.#take(at);",
    "",
  ],
  [
    "router/filters/filter_tree.ts",
    "if (same < child.tail.length) return null;",
    "",
  ],
  ["router/matching/route_merge.ts", "if (one.qos > qos) qos = one.qos;", ""],
  [
    "router/subscribers/shared_group.ts",
    "if (++at === count) at = 0;",
    "at++;",
  ],
  [
    "router/retained/retained_records.ts",
    "block.dead * 2 <= block.used",
    "block.dead <= block.used",
  ],
]);

const store = mutants(["store"], [
  [
    "store/blocks/block.ts",
    "return a === b || a === 0 || b === 0;",
    "return true;",
  ],
  [
    "store/blocks/block_reader.ts",
    "part.length === 0 || this.#filled",
    "this.#filled",
  ],
  [
    "store/blocks/blocks.ts",
    "if (a.commit !== b.commit || a.epoch !== b.epoch) return false;",
    "",
  ],
  [
    "store/copies/recovery.ts",
    "if (line.reach.commit > latest.reach.commit)",
    "if (line.reach.commit < latest.reach.commit)",
  ],
  [
    "store/copies/copies.ts",
    "if (snapshots.length < 2) return;",
    "if (snapshots.length < 1) return;",
  ],
  [
    "store/notes/waiters.ts",
    "if (at > 0 && all[at - 1].batch === batch)",
    "if (at > 0)",
  ],
  [
    "store/log/store_time.ts",
    "run.uptime >= machine.uptime",
    "run.uptime <= machine.uptime",
  ],
  [
    "store/log/cleaning.ts",
    "if (ledger.first >= before || written > WORK) break;",
    "if (ledger.first >= before) break;",
  ],
  [
    "store/records/record_reader.ts",
    "if (length > this.end - start) throw tooShort();",
    "",
  ],
  [
    "store/space/space.ts",
    "maxSize - usage.stored - usage.coming",
    "maxSize - usage.stored",
  ],
]);

const security = mutants(["security", "property/access_rules_test.ts"], [
  [
    "security/scram/exchange.ts",
    'if (final.nonce !== nonce) throw new ScramError("the nonce differs");',
    "",
  ],
  [
    "security/certificates/revocation/judge.ts",
    "if (asked.now > certificate.notAfter) return",
    "if (asked.now < 0) return",
  ],
  [
    "security/certificates/revocation/revocation_list.ts",
    "isCritical && !UNDERSTOOD.includes(oid)",
    "isCritical && oid === undefined",
  ],
  [
    "security/certificates/path/verify_path.ts",
    "if (path.length > MOST_BETWEEN) return null;",
    "",
  ],
  [
    "security/access/rule_tree.ts",
    "node.plus !== null && !isHidden",
    "node.plus !== null",
  ],
  ["security/passwords/derive.ts", "return difference === 0;", "return true;"],
  [
    "security/passwords/known_logins.ts",
    "if (until > this.#clock.now()) return true;",
    "return true;",
  ],
  [
    "security/chain/login_attempts.ts",
    'if (outcome.kind === "allow") pair.failures = 0;',
    "",
  ],
]);

const transport = mutants(
  ["contract", "fuzz/beginning_fuzz_test.ts"],
  [
    [
      "transport/websocket/websocket_frames.ts",
      "if ((second & 0x80) === 0)",
      "if (second === 0x100)",
    ],
    [
      "transport/opening/http_head.ts",
      "} else if (bytes[i - 1] === 13) throw bareLineEnd();",
      "}",
    ],
    [
      "transport/opening/forwarded_for.ts",
      "if (!trusted.has(client)) break;",
      "",
    ],
    [
      "transport/listeners/arrivals.ts",
      "if (!this.#hasRoom(key))",
      "if (key === undefined)",
    ],
  ],
);

/** Sixty small mistakes, each in a line that matters. */
export const MUTANTS: readonly Mutant[] = [
  ...codec,
  ...session,
  ...router,
  ...store,
  ...security,
  ...transport,
];
