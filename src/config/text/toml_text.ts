/**
 * Returns `value` as a TOML string that the settings read as the same text: TOML
 * has no raw control characters, a terminal shows none, and `${` would begin a
 * reference.
 */
export function tomlText(value: string): string {
  return JSON.stringify(value.replaceAll("${", () => "$${"))
    .replaceAll(
      /[\x7f-\x9f]/g,
      (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`,
    );
}
