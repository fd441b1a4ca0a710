import { validateTopicFilter } from "../mqtt/mod.ts";
import type { TopicGrants } from "./authenticator.ts";

/**
 * Reads `{"publish": ["a/#"], "subscribe": "b"}`: each a filter or a list of
 * them, or missing. `place` as `TopicGrants.place`. Throws `RangeError` for
 * anything else: who meant to limit a client would not want to have a mistake
 * read as no limit, or as another one.
 */
export function readGrants(said: unknown, place: string): TopicGrants {
  if (typeof said !== "object" || said === null || Array.isArray(said)) {
    throw new RangeError("is not an object with publish and subscribe");
  }
  const stranger = Object.keys(said).find((key) =>
    key !== "publish" && key !== "subscribe"
  );
  if (stranger !== undefined) {
    throw new RangeError(`has ${stranger.slice(0, 50)}, which is not known`);
  }
  const { publish, subscribe } = said as Record<string, unknown>;
  return {
    place,
    publish: filtersOf(publish),
    subscribe: filtersOf(subscribe),
  };
}

function filtersOf(said: unknown): readonly string[] {
  const list = said === undefined ? [] : Array.isArray(said) ? said : [said];
  for (const one of list) {
    if (typeof one !== "string" || validateTopicFilter(one) !== null) {
      throw new RangeError("has an item that is not a topic filter");
    }
  }
  return list as string[];
}
