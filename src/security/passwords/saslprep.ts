/** Spaces of all kinds (RFC 3454, C.1.2): each becomes the plain one. */
const SPACE = /[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/gu;

/** Characters commonly mapped to nothing (RFC 3454, B.1). */
const NOTHING =
  /[\u00ad\u034f\u1806\u180b-\u180d\u200c\u200d\u2060\ufe00-\ufe0f\ufeff]/gu;

/**
 * Characters prohibited in names and passwords (RFC 4013, 2.3): controls,
 * private use, non-characters, surrogates, those unsuited to plain text, those
 * that change the display, tags, and unassigned ones.
 */
const PROHIBITED =
  /[\p{Cc}\p{Cs}\p{Co}\p{Cn}\u0340\u0341\u06dd\u070f\u180e\u200e\u200f\u2028\u2029\u202a-\u202e\u2061-\u2063\u206a-\u206f\u2ff0-\u2ffb\ufff9-\ufffd\u{1d173}-\u{1d17a}\u{e0001}\u{e0020}-\u{e007f}]/u;

/** Letters that are written from right to left (RFC 3454, D.1). */
const RIGHT_TO_LEFT =
  /[\u05be\u05c0\u05c3\u05d0-\u05f4\u061b\u061f\u0621-\u064a\u066d-\u066f\u0671-\u06d5\u06dd\u06e5\u06e6\u06fa-\u070d\u0710\u0712-\u072c\u0780-\u07a5\u07b1\ufb1d\ufb1f-\ufdfc\ufe70-\ufefc]/u;

/** Letters that are written from left to right; of D.2 what are letters. */
const LEFT_TO_RIGHT = /\p{L}/u;

/**
 * Makes of a user name or a password the one form in which it is compared (RFC
 * 4013), so that a letter is the same whether a keyboard makes it of one or of
 * two characters. Throws `RangeError` for what no name may have.
 */
export function saslPrep(text: string): string {
  // Most are of this kind, and mean themselves.
  if (/^[\x20-\x7e]*$/.test(text)) return text;
  const prepared = text.replace(SPACE, " ").replace(NOTHING, "")
    .normalize("NFKC");
  if (PROHIBITED.test(prepared)) {
    throw new RangeError(
      "it has a character that no name or password may have, " +
        "like a control character: leave that out",
    );
  }
  checkDirections(prepared);
  return prepared;
}

/** Text of both directions could look like another one (RFC 3454, 6). */
function checkDirections(text: string): void {
  if (!RIGHT_TO_LEFT.test(text)) return;
  const letters = [...text];
  const isMixed = letters.some((letter) =>
    LEFT_TO_RIGHT.test(letter) && !RIGHT_TO_LEFT.test(letter)
  );
  if (
    isMixed || !RIGHT_TO_LEFT.test(letters[0]) ||
    !RIGHT_TO_LEFT.test(letters[letters.length - 1])
  ) {
    throw new RangeError(
      "it mixes letters that are written from the right with others: " +
        "use those of one direction",
    );
  }
}
