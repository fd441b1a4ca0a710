import {
  COUNT,
  CountingSubscriber,
  PLAIN,
  topicFilter,
  topicName,
} from "./bench_topics.ts";
import { SubscriptionTable } from "../../src/router/filters/subscription_table.ts";
import { hashText } from "../../src/router/levels/topic_hash.ts";
import { TreeWalk } from "../../src/router/filters/tree_walk.ts";

// Each iteration is one topic or one subscription; they take turns, so that
// none is in the processor's cache when it comes again.
const subscriber = new CountingSubscriber();
const table = new SubscriptionTable();
const names: string[] = [];
const filters: string[] = [];
for (let i = 0; i < COUNT; i++) {
  names.push(topicName(i));
  filters.push(topicFilter(i));
  table.put(subscriber, filters[i], null, PLAIN);
}
const walk = new TreeWalk();
let next = 0;

Deno.bench("tree: match one of 100,000 filters", () => {
  walk.match(table.tree, names[next = (next + 1) % COUNT]);
  walk.clear();
});

Deno.bench("tree: unsubscribe and subscribe among 100,000", () => {
  const filter = filters[next = (next + 1) % COUNT];
  table.remove(subscriber, filter, null);
  table.put(subscriber, filter, null, PLAIN);
});

/** As many filters of 127 levels as a session may have by default. */
const SCATTERED = 16;

const scattered = new SubscriptionTable();
for (let i = 0; i < SCATTERED; i++) {
  const levels = Array.from(
    { length: 127 },
    (_, at) => hashText(`${i} ${at}`) & 1 ? "+" : "a",
  );
  scattered.put(subscriber, levels.join("/"), null, PLAIN);
}
const deep = "a/".repeat(126) + "z";

Deno.bench("tree: match wildcards scattered over 127 levels", () => {
  walk.match(scattered.tree, deep);
  walk.clear();
});
