import type * as z from "zod/mini";
import type { Role } from "../credentials/mod.ts";
import type { AdminNote } from "../protocol/mod.ts";
import type { BrokerLink, JsonText } from "./broker_link.ts";
import type { Caller } from "./callers/caller.ts";
import type { EventHub } from "./event_hub.ts";
import type { Logins } from "./callers/logins.ts";

/** Methods of routes. `get` changes nothing; all others do. */
export type Method = "get" | "post" | "put" | "patch" | "delete";

/** The parts that handlers of routes use. */
export interface RouteParts {
  readonly broker: BrokerLink;
  readonly events: EventHub;
  readonly logins: Logins;
  /** Returns the caller of a request as of now; null for none. */
  readonly callerOf: (request: Request) => Promise<Caller | null>;
}

/** A request that has passed all checks. */
export interface RouteRequest<Params, Query, Body> {
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The caller; null in routes for everyone. */
  readonly caller: Caller | null;
  /** IP address of the peer. */
  readonly from: string;
  readonly raw: Request;
  readonly parts: RouteParts;
}

/**
 * The answer of a handler: a value that becomes JSON, JSON as it is, a whole
 * response, or undefined for 204.
 */
export type RouteAnswer = JsonText | Response | object | undefined;

/** A schema, or none. */
type Schema = z.ZodMiniType | undefined;
type Output<S extends Schema> = S extends z.ZodMiniType ? z.output<S>
  : undefined;

/** One route below `/api/v1`. */
export interface RouteDefinition<
  Params extends Schema,
  Query extends Schema,
  Body extends Schema,
> {
  readonly method: Method;
  /** `/tokens/:id`. Client ids and topics belong in the query or the body. */
  readonly path: string;
  /** The rights that it needs; "everyone" needs no login. */
  readonly role: Role | "everyone";
  /** One sentence without a full stop, for the OpenAPI document. */
  readonly summary: string;
  readonly params?: Params;
  readonly query?: Query;
  readonly body?: Body;
  /** Schema of the answer; null for 204. */
  readonly answer: z.ZodMiniType | null;
  /** Media type of the answer. @default "application/json" */
  readonly mediaType?: string;
  /** Fields of the audit line; no secret, no payload. @default none */
  readonly audit?: (
    request: { readonly params: Output<Params>; readonly body: Output<Body> },
  ) => AdminNote["fields"];
  readonly handle: (
    request: RouteRequest<Output<Params>, Output<Query>, Output<Body>>,
  ) => RouteAnswer | Promise<RouteAnswer>;
}

/** A route of any shape. */
// deno-lint-ignore no-explicit-any
export type Route = RouteDefinition<any, any, any>;

/** Returns the route; its handler knows the types of its schemas. */
export function route<
  Params extends Schema = undefined,
  Query extends Schema = undefined,
  Body extends Schema = undefined,
>(definition: RouteDefinition<Params, Query, Body>): Route {
  return definition as Route;
}

/** The routes of one subject: all paths begin with its name. */
export interface RouteGroup {
  /** For the OpenAPI document. */
  readonly about: string;
  readonly routes: readonly Route[];
}
