/** The heading of changes that no version has yet. */
const UNRELEASED = "## Unreleased\n";

/** Returns the text below the heading that begins so; null without one. */
function sectionOf(changelog: string, heading: string): string | null {
  const at = changelog.indexOf(`\n${heading}`);
  if (at < 0) return null;
  const from = changelog.indexOf("\n", at + 1) + 1;
  const end = changelog.indexOf("\n## ", from - 1);
  return changelog.slice(from, end < 0 ? undefined : end).trim();
}

/** Returns the changes that no version has yet; "" for none. */
export function unreleasedIn(changelog: string): string {
  return sectionOf(changelog, UNRELEASED) ?? "";
}

/** Returns the changelog with these changes under `version`. */
export function withVersion(
  changelog: string,
  version: string,
  date: string,
): string {
  return changelog.replace(
    UNRELEASED,
    `${UNRELEASED}\n## ${version} (${date})\n`,
  );
}

/**
 * Returns the release notes of `version`: its section of the changelog, or the
 * changes without a version while it has none.
 */
export function notesOf(changelog: string, version: string): string {
  const section = sectionOf(changelog, `## ${version} (`) ??
    unreleasedIn(changelog);
  return `# Dunlin ${version}

${section}

## Files

SHA256SUMS has the sums of all files: \`sha256sum -c SHA256SUMS --ignore-missing\`.
\`dunlin-${version}.cdx.json\` is the bill of materials (CycloneDX).
Before an update, \`dunlin upgrade --check FILE\` says whether this version reads
your settings and your store.
`;
}
