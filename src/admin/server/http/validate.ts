import type * as z from "zod/mini";
import { type FieldFault, InvalidRequest } from "./problem.ts";

/** Faults that one answer lists. */
const MOST = 20;

/**
 * Checks one part of a request.
 *
 * @throws {InvalidRequest} with all that `schema` refuses.
 */
export function validated(
  part: "path" | "query" | "body",
  schema: z.ZodMiniType | undefined,
  value: unknown,
): unknown {
  if (schema === undefined) {
    const isEmpty = value === undefined ||
      Object.keys(value as object).length === 0;
    if (isEmpty || part === "path") return undefined;
    const names = part === "query"
      ? Object.keys(value as object).join(", ")
      : part;
    throw new InvalidRequest([{ field: names, message: "is not expected" }]);
  }
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.flatMap((issue) => faultsOf(part, issue));
  throw new InvalidRequest(faults.slice(0, MOST));
}

/** Returns the parameters of a URL; one that repeats becomes a list. */
export function queryOf(url: URL): Record<string, unknown> {
  const values = new Map<string, string | string[]>();
  for (const [name, value] of url.searchParams) {
    const before = values.get(name);
    values.set(name, before === undefined ? value : [before, value].flat());
  }
  return Object.fromEntries(values);
}

function faultsOf(part: string, issue: z.core.$ZodIssue): FieldFault[] {
  const field = [part, ...issue.path].join(".");
  switch (issue.code) {
    case "unrecognized_keys":
      return issue.keys.map((key) => ({
        field: `${field}.${key}`,
        message: "there is no such field",
      }));
    case "invalid_type":
      return [{ field, message: `expected ${issue.expected}` }];
    case "invalid_value":
      return [{
        field,
        message: `expected ${issue.values.map(String).join(" or ")}`,
      }];
    case "too_big":
      return [{ field, message: `at most ${issue.maximum}` }];
    case "too_small":
      return [{ field, message: `at least ${issue.minimum}` }];
    case "invalid_union":
      return [{ field, message: "none of the allowed forms" }];
    default:
      return [{ field, message: issue.message }];
  }
}
