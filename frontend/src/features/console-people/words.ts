import { t } from '../../state';
import type { Choice } from '../../ui/choice';
import type { Person, Team } from './people';

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

export function rolesOf({ roles }: Pick<Person, 'roles'>): string {
  return roles.map((role) => t(`console-people.role.${role}`)).join(', ');
}
