/** Random bytes of a secret: too many to guess, so a fast hash protects it. */
const BYTES = 32;

/** Letters of passwords that people copy: none looks like another. */
const LETTERS = "abcdefghjkmnpqrstuvwxyz23456789";

/** Returns a new secret of 43 letters, digits, dashes and underscores. */
export function newSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(BYTES));
  return bytes.toBase64({ alphabet: "base64url", omitPadding: true });
}

/** Returns `count` random letters and digits. */
export function newLetters(count: number): string {
  let text = "";
  // A byte beyond the last whole multiple would make some letters likelier.
  const most = 256 - 256 % LETTERS.length;
  while (text.length < count) {
    for (const byte of crypto.getRandomValues(new Uint8Array(count))) {
      if (byte < most && text.length < count) {
        text += LETTERS[byte % LETTERS.length];
      }
    }
  }
  return text;
}

/** Returns a password of 24 letters in groups, 118 random bits. */
export function newPassword(): string {
  return newLetters(24).replace(/(.{6})(?=.)/g, "$1-");
}

/** Returns the SHA-256 of a secret, in hexadecimal. */
export async function hashOf(secret: string): Promise<string> {
  const bytes = new TextEncoder().encode(secret);
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
}
