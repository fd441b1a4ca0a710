/** Returns the texts that are not null as one, for an alarm; null without any. */
export function together(
  ...texts: readonly (string | null)[]
): string | null {
  return texts.filter((text) => text !== null).join("; ") || null;
}
