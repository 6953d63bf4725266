const TONES = ['', 'a', 'b', 'c', 'd', 'e'] as const;

/** The quiet ground of an avatar: always the same one for the same person. */
export function toneOf(name: string): (typeof TONES)[number] {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return TONES[sum % TONES.length] ?? '';
}

/** First letters of the first and last word: "Giulia Ferrante" gives GF. */
export function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/u).filter(Boolean);
  const picked = words.length > 1 ? [words[0], words.at(-1)] : words;
  return picked
    .map((word) =>
      String.fromCodePoint(word?.codePointAt(0) ?? 32)
        .toUpperCase()
        .trim(),
    )
    .join('');
}
