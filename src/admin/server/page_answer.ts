import { type PageFile, pageFile } from "../page/mod.ts";
import { AdminRefusal } from "../protocol/mod.ts";
import { type Caller, sessionOf } from "./callers/caller.ts";

/** The start of the page, which has the session of the browser. */
const START = "index.html";

/** How the page is answered. */
export interface PageRequest {
  readonly request: Request;
  /** Null without a login. */
  readonly caller: Caller | null;
  readonly status: number;
}

/**
 * Returns the file of the page at `pathname`.
 *
 * @throws {AdminRefusal} 404 for a path that the page does not have.
 */
export async function pageAnswer(
  pathname: string,
  { request, caller, status }: PageRequest,
): Promise<Response> {
  const name = pathname.slice(1) || START;
  const file = await pageFile(name);
  if (file === null) {
    throw new AdminRefusal(404, "no-such-path", "there is no such page");
  }
  return name === START
    ? await startOf(file, caller, status)
    : fileAnswer(file, request);
}

/** With the session in it, the page needs no request to ask for it. */
async function startOf(
  { type, bytes }: PageFile,
  caller: Caller | null,
  status: number,
): Promise<Response> {
  const page = await new Response(unpacked(bytes)).text();
  const session = caller === null ? "" : JSON.stringify(sessionOf(caller));
  const text = page.replace(
    'name="session" content=""',
    () => `name="session" content="${escaped(session)}"`,
  );
  return new Response(text, { status, headers: { "content-type": type } });
}

/** Returns a text for an attribute of HTML. */
function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;")
    .replaceAll("<", "&lt;");
}

function fileAnswer({ type, bytes, tag }: PageFile, request: Request) {
  const headers: Record<string, string> = {
    "content-type": type,
    "cache-control": "no-cache",
    etag: tag,
    vary: "accept-encoding",
  };
  if (request.headers.get("if-none-match") === tag) {
    return new Response(null, { status: 304, headers });
  }
  const accepted = request.headers.get("accept-encoding") ?? "";
  if (/\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(accepted)) {
    headers["content-encoding"] = "gzip";
    return new Response(bytes, { headers });
  }
  return new Response(unpacked(bytes), { headers });
}

function unpacked(
  bytes: Uint8Array<ArrayBuffer>,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new Blob([bytes]).stream()
    .pipeThrough(new DecompressionStream("gzip"));
}
