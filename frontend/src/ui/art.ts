import { circlePath, leafAt, rosettePath } from './drawing';

/** The engraved pictures on reward cards. */
export const ART_KINDS = ['rosette', 'sun', 'peaks', 'wave', 'weave', 'reel', 'leaf'] as const;

export type ArtKind = (typeof ART_KINDS)[number];

export const ART_BOX = { width: 172, height: 92 } as const;

export interface Drawing {
  readonly path: string;
  readonly x: number;
  readonly y: number;
}

const times = (count: number, draw: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => draw(index)).join('');

function wave(row: number): string {
  let path = '';
  for (let x = -4; x <= ART_BOX.width + 4; x += 6) {
    const y = 6 + row * 7 + Math.sin(x / 26 + row * 0.28) * 7;
    path += `${x === -4 ? 'M' : 'L'}${x} ${Math.round(y * 10) / 10}`;
  }
  return path;
}

function stitch(x: number, y: number): string {
  return (x + y) % 2
    ? `M${x * 15} ${y * 15 + 3}h13M${x * 15} ${y * 15 + 7}h13M${x * 15} ${y * 15 + 11}h13`
    : `M${x * 15 + 3} ${y * 15}v13M${x * 15 + 7} ${y * 15}v13M${x * 15 + 11} ${y * 15}v13`;
}

const PICTURES: Readonly<Record<ArtKind, () => string>> = {
  rosette: () => rosettePath(70, 26, 22),
  sun: () => times(21, (ring) => circlePath(8 + ring * 7, 126, 70)),
  peaks: () =>
    times(13, (row) => {
      const drop = row * 7;
      return `M-5 ${62 + drop}L38 ${30 + drop}L62 ${48 + drop}L108 ${8 + drop}L140 ${36 + drop}L180 ${14 + drop}`;
    }),
  wave: () => times(14, wave),
  weave: () => times(7, (y) => times(12, (x) => stitch(x, y))),
  reel: () => times(5, (reel) => times(4, (ring) => circlePath(15 - ring * 4, 20 + reel * 36, 22))),
  leaf: () =>
    times(9, (ring) => {
      const [length, width] = [96 - ring * 9, 30 - ring * 2.6];
      return leafAt(length, width, 128, 96, 14) + leafAt(length, width, 96, 108, -28);
    }),
};

/** Return the lines of a picture and where their origin lies. */
export function artOf(kind: ArtKind): Drawing {
  const path = PICTURES[kind]();
  return kind === 'rosette' ? { path, x: 130, y: 26 } : { path, x: 0, y: 0 };
}

/** Return a picture for any text, always the same one: rewards without art of their own. */
export function artFor(text: string): { kind: ArtKind; hue: number } {
  let hash = 7;
  for (const letter of text) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) % 65_521;
  return { kind: ART_KINDS[hash % ART_KINDS.length] ?? 'leaf', hue: (hash * 47) % 360 };
}
