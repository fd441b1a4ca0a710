/** Returns `text` as roff prints it: no character is a sign of roff's. */
export function plain(text: string): string {
  return text.replaceAll("\\", "\\e").replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq").replaceAll("`", "\\(ga")
    .replaceAll("^", "\\(ha").replaceAll("~", "\\(ti")
    .replace(/^\./gm, "\\&.");
}

/** Returns the first line of a page of man; `date` as `2026-06-30`. */
export function title(
  name: string,
  section: number,
  version: string,
  date: string,
): string {
  return `.TH ${plain(name)} ${section} ${date} "Dunlin ${version}"\n`;
}

/** Returns `page` without the paragraph marks that a heading makes needless. */
export function tidy(page: string): string {
  return page.replace(/^(\.S[HS] .*\n)\.PP\n/gm, "$1");
}

/** Returns a heading. */
export function heading(text: string): string {
  return `.SH ${plain(text)}\n`;
}

/** Returns a heading below another. */
export function subheading(text: string): string {
  return `.SS ${plain(text)}\n`;
}

/** Returns a paragraph of each of `texts`. */
export function paragraphs(...texts: readonly string[]): string {
  return texts.map((text) => `.PP\n${plain(text)}\n`).join("");
}

/** Returns lines that are printed as they are. */
export function verbatim(text: string): string {
  return `.PP\n.nf\n${plain(text.replace(/^\n+|\n+$/g, ""))}\n.fi\n`;
}

/** Returns an entry of a list: `term` in bold, and what it means. */
export function entry(term: string, ...texts: readonly string[]): string {
  const [first = "", ...others] = texts;
  const more = others.map((text) => `.br\n${plain(text)}\n`).join("");
  return `.TP\n.B ${plain(term)}\n${plain(first)}\n${more}`;
}
