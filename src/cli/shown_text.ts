/**
 * A text from elsewhere, for a terminal: what could move its cursor, change
 * its colours or begin a line is shown as a question mark.
 */
export function shownText(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
}
