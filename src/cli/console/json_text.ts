/**
 * Returns `value` as JSON with an end of line, for standard output: JSON leaves
 * DEL and the C1 control characters as they are, and output replaces those.
 */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 2).replaceAll(
    /[\x7f-\x9f]/g,
    (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`,
  );
  return `${text}\n`;
}
