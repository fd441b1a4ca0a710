/**
 * Returns a path as people write it: what lies in their home folder begins with
 * `~`. `home` is empty where there is none.
 */
export function shownPath(path: string, home = ""): string {
  const folder = home.replace(/\/+$/, "");
  return folder !== "" && path.startsWith(`${folder}/`)
    ? `~${path.slice(folder.length)}`
    : path;
}
