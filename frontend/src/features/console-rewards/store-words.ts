import { language, t } from '../../state';
import { categoryName, countryName } from '../rewards/store-words';
import type { ABOUT, Audience, Choices } from './store';

interface Option {
  readonly value: string;
  readonly label: string;
}

type About = (typeof ABOUT)[number];

export function kinds(): readonly Option[] {
  return (['gift_card', 'experience'] as const).map((value) => ({
    value,
    label: t(`console-rewards.kind-${value}`),
  }));
}

export function roles(): readonly Option[] {
  return (['rep', 'manager'] as const).map((value) => ({
    value,
    label: t(`console-rewards.role-${value}`),
  }));
}

/** Return who an audience is: "Managers, Italy". */
export function whoOf(one: Audience & { readonly team_name: string | null }): string {
  const { team_name, role, country } = one;
  const parts = [
    team_name,
    role && t(`console-rewards.role-${role}`),
    country && countryName(country, language.locale),
  ];
  return parts.filter(Boolean).join(', ') || t('console-rewards.everybody');
}

/** Return how a value of a rule is called by the reader. */
export function nameOf(about: About, value: string): string {
  if (about === 'country') return countryName(value, language.locale);
  if (about === 'category') return categoryName(value);
  return kinds().find((kind) => about === 'kind' && kind.value === value)?.label ?? value;
}

/** Return what a rule can be about, by name; nothing where any word can be meant. */
export function valuesOf(about: About, choices: Choices): readonly Option[] {
  if (about === 'brand') return [];
  if (about === 'kind') return kinds();
  const found = {
    country: choices.countries,
    category: choices.categories,
    currency: choices.currencies,
  }[about];
  return found
    .map(({ value }) => ({ value, label: nameOf(about, value) }))
    .sort((a, b) => a.label.localeCompare(b.label, language.locale));
}
