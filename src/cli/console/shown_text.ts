/**
 * Returns a text from elsewhere, for a terminal: what could move its cursor,
 * change its colours or begin a line is shown as a question mark.
 */
export function shownText(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "?");
}

/** Returns the same for a text of several lines, which may have tabs. */
export function shownLines(text: string): string {
  return text.replaceAll(/[^\n\t\P{C}]|[\p{Zl}\p{Zp}]/gu, "?");
}

/**
 * Returns a result for a terminal or a program: control characters become
 * question marks, all other text stays, line ends of CR and LF included.
 */
export function withoutControls(text: string): string {
  return text.replaceAll(/\r(?!\n)|[^\r\n\t\P{Cc}]/gu, "?");
}
