import { request, type Shapes } from '../../lib/api';
import { withStepUp } from '../../lib/step-up';

export type Account = Shapes['ProviderAccountOut'];
export type Standing = Shapes['StandingOut'];
export type Form = Shapes['FormOut'];
export type Trial = Shapes['TrialOut'];

/** Our accounts with providers, what each still needs, and what accounts consist of. */
export interface Setup {
  readonly forms: readonly Form[];
  readonly lines: readonly Line[];
}

export interface Line {
  readonly account: Account;
  readonly standing: Standing;
}

/** What somebody types; settings and secrets by the names of the form. */
export interface Typed {
  provider: string;
  label: string;
  base_url: string;
  settings: Record<string, string>;
  secrets: Record<string, string>;
}

export async function loadSetup(signal: AbortSignal): Promise<Setup> {
  const [setup, accounts] = await Promise.all([
    request<Shapes['SetupOut']>('GET', '/api/v1/provider-setup', { signal }),
    request<{ items: readonly Account[] }>('GET', '/api/v1/provider-accounts', { signal }),
  ]);
  return { forms: setup.forms, lines: linesOf(accounts.items, setup.accounts) };
}

/** Accounts that are reached over the network, each with how it stands. */
export function linesOf(accounts: readonly Account[], standings: readonly Standing[]): Line[] {
  return accounts.flatMap((account) => {
    const standing = standings.find(({ id }) => id === account.id);
    return standing ? [{ account, standing }] : [];
  });
}

export function blank(form: Form | undefined): Typed {
  const [base_url = ''] = form?.addresses ?? [];
  return { provider: form?.provider ?? '', label: '', base_url, settings: {}, secrets: {} };
}

/** Leave out what was left empty: an empty setting is not one. */
export function filled(values: Readonly<Record<string, string>>): Record<string, string> {
  const trimmed = Object.entries(values).map(([name, value]) => [name, value.trim()] as const);
  return Object.fromEntries(trimmed.filter(([, value]) => value !== ''));
}

function bodyOf({ provider, base_url, settings, secrets }: Typed) {
  const address = base_url.trim();
  return { provider, base_url: address, settings: filled(settings), secrets: filled(secrets) };
}

export function tryOut(typed: Typed): Promise<Trial> {
  return request('POST', '/api/v1/provider-setup/trial', { body: bodyOf(typed) });
}

export function keep(typed: Typed): Promise<Account> {
  const body = { ...bodyOf(typed), label: typed.label.trim() };
  return withStepUp((stepUp) => request('POST', '/api/v1/provider-accounts', { body, stepUp }));
}

/** Return the form of an account that is there; its secrets are not shown, and stay unless typed anew. */
export function typedOf({ account, standing }: Line): Typed {
  const { provider, label, base_url } = account;
  return { provider, label, base_url, settings: { ...standing.settings }, secrets: {} };
}

/** Whether an address leads to another server: no secret of the one is shown to the other. */
export function isElsewhere(before: string, now: string): boolean {
  const originOf = (address: string) => (URL.canParse(address) ? new URL(address).origin : '');
  return originOf(before) !== originOf(now.trim());
}

export function change(id: string, typed: Typed): Promise<Standing> {
  const { base_url, settings, secrets } = bodyOf(typed);
  const body = { label: typed.label.trim(), base_url, settings, secrets };
  return withStepUp((stepUp) =>
    request('PUT', `/api/v1/provider-accounts/${id}`, { body, stepUp }),
  );
}

export function pause(id: string, reason: string): Promise<Account> {
  return request('POST', `/api/v1/provider-accounts/${id}/pause`, { body: { reason } });
}

export function askBalance(id: string): Promise<Trial> {
  return request('POST', `/api/v1/provider-accounts/${id}/balance`, { body: {} });
}

export function resume(id: string): Promise<Account> {
  return request('POST', `/api/v1/provider-accounts/${id}/resume`, { body: {} });
}
