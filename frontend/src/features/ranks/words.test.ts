import { beforeEach, expect, test } from 'vitest';
import { language } from '../../state/language.svelte';
import { lastMoment, type Board, type Contest, type Move, type Row } from './ranks';
import { scoredText, scoreText, sentence, stampOf, standings } from './words';

const ME: Row = {
  participant_id: 'me',
  name: 'Giulia Ferrante',
  team_name: 'Milano Nord',
  place: 7,
  tied: false,
  score: '11',
  moved: 2,
  is_me: true,
  prize: { money: { amount: '40.00', currency: 'EUR' }, text: null },
};

const CONTEST: Contest = {
  id: 'c',
  name: 'Week 47 sprint',
  state: 'running',
  zone: 'Europe/Rome',
  starts_at: '2026-11-15T23:00:00Z',
  ends_at: '2026-11-22T23:00:00Z',
  final_at: '2026-11-23T11:00:00Z',
  unit: 'count',
  rule: { code: 'contest.rule.count_activities', params: { tie_break: 'shared' } },
  prizes: [],
  participants: 38,
  sha256: null,
  my: null,
};

const board = (me: Row | null, move: Partial<Move> | null): Board => ({
  revision: 1,
  as_of: '2026-11-19T09:42:00Z',
  state: 'running',
  participants: 38,
  top: [],
  around: [],
  me,
  moves_to_next: move && {
    place: 5,
    places: 2,
    need: '2',
    unit: 'count',
    shares_place: true,
    ...move,
  },
  next_cursor: null,
});

beforeEach(() => language.use('en'));

test('the sentence tells place and next step', () => {
  expect(sentence(CONTEST, board(ME, {}), 'en-IE')).toBe('You’re 7th. 2 more share 5th.');
});

test('where ties are broken by time, the next step takes the place alone', () => {
  expect(sentence(CONTEST, board(ME, { shares_place: false }), 'en-IE')).toBe(
    'You’re 7th. 2 more and 5th is yours.',
  );
});

test('in Italian places are ordinals of the noun', async () => {
  await language.use('it');

  expect(sentence(CONTEST, board(ME, {}), 'it-IT')).toBe(
    'Sei 7º. Ancora 2 e condividi il 5º posto.',
  );
});

test('in French the first is 1er and the place is feminine', async () => {
  await language.use('fr');
  const second = { ...ME, place: 2, tied: true };

  expect(sentence(CONTEST, board(second, { place: 1, need: '1' }), 'fr-FR')).toBe(
    'Vous partagez la 2e place. 1 de plus et vous partagez la 1re place.',
  );
});

test('a distance in money is written as money', () => {
  const move = { need: '1200.500000', unit: 'EUR' };

  expect(sentence(CONTEST, board(ME, move), 'en-IE')).toBe(
    'You’re 7th. €1,200.50 more shares 5th.',
  );
});

test('who leads alone is told so', () => {
  expect(sentence(CONTEST, board({ ...ME, place: 1 }, null), 'en-IE')).toBe(
    'You’re 1st. Nobody is ahead.',
  );
});

test('a final result tells the place and what was won', () => {
  const over = { ...CONTEST, state: 'final' } as const;

  expect(sentence(over, { ...board(ME, null), state: 'final' }, 'en-IE')).toBe(
    'You ended 7th. €40 is yours.',
  );
});

test('who has not scored is told how to begin', () => {
  expect(sentence(CONTEST, board(null, null), 'en-IE')).toBe(
    'Your first sale puts you on the board.',
  );
});

test('a score is written in what it counts', () => {
  expect([
    scoreText('13', 'count', 'en-IE'),
    scoreText('1284.500000', 'EUR', 'it-IT'),
    scoredText('1', 'count', 'en-IE'),
  ]).toEqual(['13', '1284,50\u00a0€', '1 sale']);
});

test('a rank that may still change is stamped with its time', () => {
  const place = { locale: 'en-IE', zone: 'Asia/Jakarta' };

  expect(stampOf(CONTEST, '2026-11-19T09:42:00Z', place)).toEqual({
    word: 'Provisional',
    time: 'as of 10:42 CET',
  });
});

test('a contest that ends at midnight counts until the day before', () => {
  expect(lastMoment(CONTEST).toISOString()).toBe('2026-11-22T22:59:59.999Z');
});

test('my row tells my prize, the others their team', () => {
  const other = { ...ME, participant_id: 'x', is_me: false };
  const rows = standings([ME, other], { contest: CONTEST, me: 'me', locale: 'en-IE' });

  expect(rows.map(({ detail, isMe }) => [detail, isMe])).toEqual([
    ['€40 if it ended now', true],
    ['Milano Nord', false],
  ]);
});
