/** The command line of Dunlin. */
export { run } from "./run.ts";
