import { AdminRefusal } from "../protocol/mod.ts";

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Dunlin</title>
<h1>Dunlin</h1>
<ul>
<li><a href="api/v1/status">Status</a>
<li><a href="api/openapi.json">API</a>
<li><a href="health/ready">Health</a>
</ul>
`;

/**
 * Returns the page at `pathname`.
 *
 * @throws {AdminRefusal} 404 for any other.
 */
export function startPage(pathname: string): Response {
  if (pathname !== "/") {
    throw new AdminRefusal(404, "no-such-path", "there is no such page");
  }
  const headers = { "content-type": "text/html; charset=utf-8" };
  return new Response(PAGE, { headers });
}
