import { request, type Shapes } from '../../lib/api';
import { send } from '../../lib/api/request';
import { compare } from '../../lib/money';
import { withStepUp } from '../../lib/step-up';

export type Batch = Shapes['BatchOut'];
export type WholeBatch = Shapes['WholeBatchOut'];
export type Payment = Shapes['FilePaymentOut'];
export type Discrepancy = Shapes['DiscrepancyOut'];
export type Queues = Shapes['PayoutQueuesOut'];
export type Accounts = Shapes['PayingAccountsOut'];
export type PayingAccount = Accounts['items'][number];
export type FileFormat = Accounts['formats'][number];
export type Rules = Shapes['ApprovalRoutesShape'];
export type Endpoint = Shapes['PushEndpointOut'];
export type Heard = Shapes['BankAnswerOut'];

export interface Desk {
  readonly batches: readonly Batch[];
  readonly queues: Queues;
}

const BASE = '/api/v1/payouts';

export async function loadDesk(signal: AbortSignal): Promise<Desk> {
  const [batches, queues] = await Promise.all([
    request<{ items: readonly Batch[] }>('GET', `${BASE}/batches`, {
      query: { limit: 100 },
      signal,
    }),
    request<Queues>('GET', `${BASE}/queues`, { signal }),
  ]);
  return { batches: batches.items, queues };
}

export function loadBatch(id: string, signal: AbortSignal): Promise<WholeBatch> {
  return request('GET', `${BASE}/batches/${id}`, { signal });
}

export function prepare(id: string, payOn: string): Promise<WholeBatch> {
  return request('POST', `${BASE}/batches/${id}/prepare`, { body: { pay_on: payOn } });
}

export function approve(id: string): Promise<WholeBatch> {
  return withStepUp((stepUp) =>
    request('POST', `${BASE}/batches/${id}/approve`, { body: {}, stepUp }),
  );
}

export function markSent(id: string): Promise<WholeBatch> {
  return request('POST', `${BASE}/batches/${id}/sent`, { body: {} });
}

export function voidFile(id: string, reason: string): Promise<WholeBatch> {
  return withStepUp((stepUp) =>
    request('POST', `${BASE}/batches/${id}/void`, { body: { reason: reason.trim() }, stepUp }),
  );
}

/** Ask for the file and give it to the browser under the name the bank expects. */
export async function download(id: string, name: string): Promise<void> {
  const address = new URL(`${BASE}/batches/${id}/download`, location.origin);
  const response = await send(
    new Request(address, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{}',
    }),
  );
  const link = document.createElement('a');
  link.href = URL.createObjectURL(await response.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}

export function readAnswer(id: string, file: File): Promise<Heard> {
  const body = new FormData();
  body.append('file', file);
  return request('POST', `${BASE}/batches/${id}/answers`, { body });
}

export function closeDiscrepancy(id: string, note: string): Promise<void> {
  return request('POST', `${BASE}/discrepancies/${id}/close`, { body: { note: note.trim() } });
}

export type Debt = Queues['overpaid'][number];
export type Way = Shapes['SettlementIn']['way'];

/** Say how everything that somebody owes is settled; nothing moves until somebody else agrees. */
export function settleDebt({ person_id, owed }: Debt, way: Way, note: string): Promise<unknown> {
  const body = { person_id, amount: owed, way, note: note.trim() };
  return withStepUp((stepUp) => request('POST', `${BASE}/settlements`, { body, stepUp }));
}

export function agreeWithSettlement(id: string): Promise<unknown> {
  return withStepUp((stepUp) =>
    request('POST', `${BASE}/settlements/${id}/approval`, { body: {}, stepUp }),
  );
}

export function dropSettlement(id: string): Promise<unknown> {
  return request('POST', `${BASE}/settlements/${id}/drop`, { body: {} });
}

/** Return the ways in which a debt can be settled now: from the wallet only when it holds enough. */
export function waysFor({ owed, available }: Pick<Debt, 'owed' | 'available'>): readonly Way[] {
  const others: readonly Way[] = ['paid_back', 'written_off'];
  return compare(available, owed) < 0 ? others : ['from_wallet', ...others];
}

export function takeOut(batch: string, payment: string, reason: string): Promise<WholeBatch> {
  return request('POST', `${BASE}/batches/${batch}/payments/${payment}/removal`, {
    body: { reason: reason.trim() },
  });
}

export interface Settings {
  readonly accounts: Accounts;
  readonly rules: Rules;
  readonly endpoint: Endpoint;
}

export async function loadSettings(signal: AbortSignal): Promise<Settings> {
  const [accounts, rules, endpoint] = await Promise.all([
    request<Accounts>('GET', `${BASE}/accounts`, { signal }),
    request<Rules>('GET', `${BASE}/routes`, { signal }),
    request<Endpoint>('GET', `${BASE}/endpoint`, { signal }),
  ]);
  return { accounts, rules, endpoint };
}

export type Fields = Readonly<Record<string, string>>;

export function saveAccount(
  account: PayingAccount | null,
  label: string,
  settings: Fields,
): Promise<PayingAccount> {
  return withStepUp((stepUp) =>
    account
      ? request('PUT', `${BASE}/accounts/${account.id}`, { body: { settings }, stepUp })
      : request('POST', `${BASE}/accounts`, { body: { label: label.trim(), settings }, stepUp }),
  );
}

/** Return the fields of the form for an account: what every one has, and what its format asks for. */
export function fieldsOf(format: FileFormat | undefined): readonly FileFormat['needs'][number][] {
  const own = (name: string, required = true) => ({
    name,
    required,
    choices: [],
    is_long: false,
  });
  return [
    ...['name', 'currency', 'zone'].map((name) => own(name)),
    ...(format?.needs ?? []),
    own('remark', false),
    { name: 'shared', required: false, choices: ['no', 'yes'], is_long: false },
  ];
}

/** Return what an account has, as the form begins with it. */
export function formOf(account: PayingAccount | null): Record<string, string> {
  if (!account) return { format: '', name: '', currency: '', zone: 'Europe/Rome' };
  const { format, name, currency, zone, fields } = account;
  return { ...fields, format, name, currency, zone };
}

/** Return only what the chosen format knows: what another format asked for is not sent. */
export function settingsOf(form: Fields, format: FileFormat | undefined): Fields {
  const names = ['format', ...fieldsOf(format).map(({ name }) => name)];
  return Object.fromEntries(
    names
      .map((name) => [name, (form[name] ?? '').trim()] as const)
      .filter(([, value]) => value !== ''),
  );
}

/** Return the number by which people know an account. */
export function numberOf({ fields }: PayingAccount): string {
  const { iban, account, routing } = fields;
  return iban ?? account ?? routing ?? '';
}

export function saveRules(rules: Rules): Promise<Rules> {
  return withStepUp((stepUp) => request('PUT', `${BASE}/routes`, { body: rules, stepUp }));
}

export function saveEndpoint(url: string): Promise<Endpoint> {
  return withStepUp((stepUp) =>
    request('PUT', `${BASE}/endpoint`, { body: { url: url.trim() }, stepUp }),
  );
}

export function rotateSecret(): Promise<Endpoint> {
  return withStepUp((stepUp) => request('POST', `${BASE}/endpoint/secret`, { body: {}, stepUp }));
}

export function stopPushing(): Promise<Endpoint> {
  return request('DELETE', `${BASE}/endpoint`, { body: {} });
}

/** States in which somebody still has to do something, or the bank has to answer. */
const UNDER_WAY: readonly Batch['state'][] = ['open', 'prepared', 'approved', 'downloaded', 'sent'];

export function underWay(batches: readonly Batch[]): number {
  return batches.filter(({ state, count }) => UNDER_WAY.includes(state) && count > 0).length;
}

export type Act = 'prepare' | 'approve' | 'download' | 'sent' | 'answer' | 'void';

const ACTS: Readonly<Record<Batch['state'], readonly Act[]>> = {
  open: ['prepare'],
  prepared: ['approve', 'void'],
  approved: ['download', 'sent', 'void'],
  downloaded: ['sent', 'answer', 'download', 'void'],
  sent: ['answer', 'download'],
  settled: ['answer', 'download'],
  part: ['answer', 'download'],
  returned: ['answer', 'download'],
  void: [],
};

/** Return what can be done with a batch, the next step first. */
export function actsOn({ state, count }: Batch): readonly Act[] {
  return state === 'open' && count === 0 ? [] : ACTS[state];
}
