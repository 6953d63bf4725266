import { spoken } from '../../lib/said';
import type { Place } from '../../lib/time';
import { language, t } from '../../state';
import { attributeOf, fieldOf } from './conditions';
import { isLeaf, type Condition, type Document, type Leaf } from './document';
import type { PlanSentence, ProgramSummary } from './programs';
import { wordOf } from './specs';

/** Sentences of one component, ready to read. */
export interface Paragraph {
  readonly id: string;
  readonly name: string;
  readonly text: string;
}

/** Return the plan as people read it: a paragraph for each component. */
export function paragraphs(
  sentences: readonly PlanSentence[],
  document: Document,
  place: Place,
): readonly Paragraph[] {
  const parts = [
    ...document.components,
    { id: '', name: t('console-programs.whole-plan'), counts: undefined },
  ];
  return parts
    .map(({ id, name, counts }) => ({
      id,
      name,
      text: sentences
        .filter(({ component }) => component === id)
        .map((sentence) => say(sentence, counts, place))
        .join(' '),
    }))
    .filter(({ text }) => text !== '');
}

/** Return one sentence of a plan. */
export function sentenceText(sentence: PlanSentence, place: Place): string {
  return say(sentence, undefined, place);
}

/** Texts of these parameters are codes with words of their own. */
const CODES: Readonly<Record<string, string>> = {
  period: 'period',
  measure: 'measure',
  weekday: 'weekday',
  per: 'per',
  count: 'day-count',
};

function say({ code, params }: PlanSentence, counts: Condition | undefined, place: Place): string {
  const values = spoken(params, place);
  for (const [name, kind] of Object.entries(CODES)) {
    const value = values[name];
    if (typeof value === 'string') values[name] = word(kind, value);
  }
  if (code === 'counts_when' && counts) values['condition'] = conditionText(counts);
  return language.coded('explanation.says', code, values) ?? code;
}

function word(kind: string, value: string): string {
  return (
    language.coded('explanation.word', `${kind}.${value}`) ?? value.replace(/^attributes\./, '')
  );
}

/** Return a condition as one clause. */
export function conditionText(condition: Condition): string {
  if (isLeaf(condition)) return leafText(condition);
  if ('not' in condition)
    return t('console-programs.not', { condition: conditionText(condition.not) });
  const parts = 'all' in condition ? condition.all : condition.any;
  const type = 'all' in condition ? 'conjunction' : 'disjunction';
  const texts = parts.map((part) =>
    isLeaf(part) || 'not' in part ? conditionText(part) : `(${conditionText(part)})`,
  );
  return new Intl.ListFormat(language.locale, { type }).format(texts);
}

function leafText(leaf: Leaf): string {
  const { op, value } = leaf;
  const name = attributeOf(leaf) || wordOf('choice', `field.${fieldOf(leaf)}`);
  if (op === 'exists')
    return t(value === false ? 'console-programs.is-missing' : 'console-programs.is-there', {
      field: name,
    });
  const values = Array.isArray(value) ? value.map(String) : [String(value)];
  const type = op === 'between' ? 'conjunction' : 'disjunction';
  const list = new Intl.ListFormat(language.locale, { type }).format(values);
  return `${name} ${wordOf('choice', `op.${op}`)} ${list}`;
}

/** Return a text in the language of the screen, else in English, else in any. */
export function inWords(texts: Readonly<Record<string, string>>, code: string): string {
  return texts[code] ?? texts['en'] ?? Object.values(texts)[0] ?? '';
}

export function listSentence(programs: readonly ProgramSummary[]): string {
  const count = programs.filter(({ state }) => state === 'published').length;
  return t('console-programs.say', { count });
}
