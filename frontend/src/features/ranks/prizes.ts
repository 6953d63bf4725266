import { t } from '../../state/language.svelte';
import type { Board, Contest, Prize } from './ranks';

/** Return "4–10", or "1" for a prize of one place. */
export function placesText({ place_from, place_to }: Prize): string {
  return place_from === place_to ? String(place_from) : `${place_from}–${place_to}`;
}

export interface Holders {
  readonly names: string;
  readonly isMine: boolean;
}

/** Return who holds a prize as things stand, as far as the screen knows them. */
export function holders(prize: Prize, contest: Contest, board: Board | undefined): Holders {
  const myPlace = board?.me?.place ?? contest.my?.place ?? 0;
  const isMine = myPlace >= prize.place_from && myPlace <= prize.place_to;
  const places = prize.place_to - prize.place_from + 1;
  if (isMine) return { names: places > 1 ? t('ranks.you-and-others') : t('ui.you'), isMine };
  const row = [...(board?.top ?? []), ...(board?.around ?? [])].find(
    ({ place }) => place >= prize.place_from && place <= prize.place_to,
  );
  return { names: places === 1 ? (row?.name ?? '') : '', isMine };
}
