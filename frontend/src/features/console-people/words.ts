import { t } from '../../state';
import type { Choice } from '../../ui/choice';
import { looksLikeEmail, type Person, type Team, type Typed } from './people';

/** For a Select in which nothing may be chosen, too. */
export function teamChoices(teams: readonly Team[], none: string): Choice[] {
  return [{ value: '', label: none }, ...teams.map(({ id, name }) => ({ value: id, label: name }))];
}

/** Everybody who leads people, to choose a manager from. */
export function managerChoices(managers: readonly Person[]): Choice[] {
  return [
    { value: '', label: t('common.none') },
    ...managers.map(({ id, name }) => ({ value: id, label: name })),
  ];
}

/** Return the parts of a text between which a line may end: an address of mail has no spaces. */
export function atItsSeams(text: string): readonly string[] {
  return text.split(/(?<=[@.])(?=\S)/);
}

export function rolesOf({ roles }: Pick<Person, 'roles'>): string {
  return roles.map((role) => t(`console-people.role.${role}`)).join(', ');
}

/** Return everything that is wrong with what was typed, by the pointer of its field. */
export function faultsOf({ name, email }: Typed): Record<string, string> {
  return {
    ...(!name.trim() && { '/name': t('errors.missing') }),
    ...(email && !looksLikeEmail(email) && { '/email': t('console-people.email-wrong') }),
  };
}
