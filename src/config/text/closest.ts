/**
 * Returns the candidate that `word` was most likely meant to be, or undefined
 * when none is near: a third of its letters, at most 3, may be wrong or
 * swapped.
 */
export function closest(
  word: string,
  candidates: Iterable<string>,
): string | undefined {
  let best: string | undefined;
  let least = Math.min(3, Math.max(1, Math.floor(word.length / 3))) + 1;
  for (const candidate of candidates) {
    const edits = distance(word.toLowerCase(), candidate.toLowerCase());
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best;
}

/** Letters to insert, remove, replace or swap with their neighbour. */
function distance(from: string, to: string): number {
  // Three rows suffice: a swap looks back two letters.
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let row = 1; row <= from.length; row++) {
    const next = [row];
    for (let col = 1; col <= to.length; col++) {
      const same = from[row - 1] === to[col - 1] ? 0 : 1;
      let edits = Math.min(
        last[col] + 1,
        next[col - 1] + 1,
        last[col - 1] + same,
      );
      if (
        row > 1 && col > 1 && from[row - 1] === to[col - 2] &&
        from[row - 2] === to[col - 1]
      ) edits = Math.min(edits, before[col - 2] + 1);
      next.push(edits);
    }
    before = last;
    last = next;
  }
  return last[to.length];
}
