/**
 * Returns what to say when a package could not be loaded because it is not on
 * this machine and cannot be fetched; null for any other error.
 */
export function missingPackage(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  // The runtime has no class of its own for it, only this text.
  const found = /^Failed caching npm package '([^']+)'/.exec(error.message);
  if (found === null) return null;
  // Numbered lines go from the download down to its cause.
  const causes = [...error.message.matchAll(/^ *\d+: (.*)$/gm)];
  const cause = causes.at(-1)?.[1];
  return `the package ${found[1]} is not on this machine and cannot be ` +
    `downloaded${
      cause === undefined ? "" : `: ${cause}`
    }\n  run "deno install" once in Dunlin's folder, ` +
    "with network and as the user that runs it; then it needs none";
}
