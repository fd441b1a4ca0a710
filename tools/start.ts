/**
 * Runs the broker (`deno task start`): from `dist/bundle/` where that is made
 * of the present sources, else from the sources. A bundle starts in half the
 * CPU time.
 */
import { fileURLToPath } from "node:url";
import { isFresh } from "./bundle.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const bundle = `${root}dist/bundle`;
const main = isFresh(bundle, root)
  ? new URL("../dist/bundle/main.js", import.meta.url)
  : new URL("../main.ts", import.meta.url);

await import(main.href);
