import { request, type Shapes } from '../../lib/api';
import { withStepUp } from '../../lib/step-up';
import type { Role } from '../../state';

export type Person = Shapes['PersonOut'];
export type PersonDetail = Shapes['PersonDetail'];
export type Position = Shapes['PositionOut'];
export type Team = Shapes['TeamOut'];
export type Link = Shapes['LinkOut'];

export interface People {
  readonly items: readonly Person[];
  readonly next_cursor: string | null;
}

/** Which people; empty texts ask for everybody. */
export interface Wanted {
  readonly search: string;
  readonly team: string;
  readonly role: string;
  readonly active: 'yes' | 'no' | 'all';
}

export const ROLES: readonly Role[] = [
  'rep',
  'manager',
  'program_admin',
  'finance',
  'auditor',
  'tenant_admin',
];

const PEOPLE = '/api/v1/people';

/** Return what the address asks for. */
export function wantedIn(query: URLSearchParams): Wanted {
  const active = query.get('active');
  return {
    search: query.get('search') ?? '',
    team: query.get('team') ?? '',
    role: query.get('role') ?? '',
    active: active === 'no' || active === 'all' ? active : 'yes',
  };
}

export function loadPeople(
  { search, team, role, active }: Wanted,
  { cursor, signal }: { cursor?: string; signal?: AbortSignal } = {},
): Promise<People> {
  const query = {
    search: search || undefined,
    team: team || undefined,
    role: role || undefined,
    active: active === 'all' ? undefined : active === 'yes',
    cursor,
    limit: 50,
  };
  return request('GET', PEOPLE, { query, signal });
}

export async function loadTeams(signal: AbortSignal): Promise<readonly Team[]> {
  return (await request<Shapes['Teams']>('GET', '/api/v1/teams', { signal })).items;
}

export function loadPerson(id: string, signal?: AbortSignal): Promise<PersonDetail> {
  return request('GET', `${PEOPLE}/${id}`, { signal });
}

/** What is typed about somebody; an empty text says nothing. */
export interface Typed {
  readonly name: string;
  readonly employee_number: string;
  readonly email: string;
}

export interface NewPerson extends Typed {
  readonly team_id: string;
  readonly manager_id: string;
  readonly title: string;
  readonly from_on: string;
  readonly roles: readonly Role[];
}

export interface NewPosition {
  readonly from_on: string;
  readonly team_id: string;
  readonly manager_id: string;
  readonly title: string;
  readonly kind: Position['kind'];
}

/** Leave out what was not typed. */
export function given<T extends object>(typed: T): Partial<T> {
  const said = Object.entries(typed).filter(([, value]) => value !== '');
  return Object.fromEntries(said) as Partial<T>;
}

/** Add somebody; who shall govern is confirmed with a passkey. */
export function addPerson(person: NewPerson): Promise<PersonDetail> {
  const body = given(person);
  return withStepUp((stepUp) => request('POST', PEOPLE, { body, stepUp }));
}

/** Change somebody; another e-mail address asks for a passkey, as it opens a way in. */
export function changePerson(id: string, typed: Typed): Promise<PersonDetail> {
  const body = given(typed);
  return withStepUp((stepUp) => request('PATCH', `${PEOPLE}/${id}`, { body, stepUp }));
}

export function place(id: string, position: NewPosition): Promise<PersonDetail> {
  return request('POST', `${PEOPLE}/${id}/positions`, { body: given(position) });
}

/** Say which roles somebody holds; one that governs is given with a passkey. */
export function setRoles(id: string, roles: readonly Role[]): Promise<PersonDetail> {
  const path = `${PEOPLE}/${id}/roles`;
  return withStepUp((stepUp) => request('PUT', path, { body: { roles }, stepUp }));
}

/** Make a link to somebody's first passkey, or, confirmed with one's own, to another. */
export function invite(id: string): Promise<Link> {
  return withStepUp((stepUp) => request('POST', `${PEOPLE}/${id}/invitation`, { stepUp }));
}

/** Sign somebody out everywhere; how many sessions ended. */
export async function endSessions(id: string): Promise<number> {
  return (await request<Shapes['Ended']>('POST', `${PEOPLE}/${id}/end-sessions`)).ended;
}

export function toggled(roles: readonly Role[], role: Role, holds: boolean): readonly Role[] {
  return ROLES.filter((one) => (one === role ? holds : roles.includes(one)));
}

export const sameRoles = (one: readonly Role[], other: readonly Role[]): boolean =>
  one.length === other.length && one.every((role) => other.includes(role));

/** How a position stands to a day: held before, held now, or still to come. */
export function whenHeld(
  { from_on, to_on }: Pick<Position, 'from_on' | 'to_on'>,
  today: string,
): 'before' | 'now' | 'to-come' {
  if (from_on > today) return 'to-come';
  return to_on !== null && to_on < today ? 'before' : 'now';
}

/** Whether a text can be an e-mail address, as the server reads it. */
export const looksLikeEmail = (text: string): boolean =>
  /^[^@\s<>,;]+@[^@\s<>,;]+$/.test(text.trim());
