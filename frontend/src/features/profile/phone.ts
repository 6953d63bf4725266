import { request, type Shapes } from '../../lib/api';
import { withStepUp } from '../../lib/step-up';

/** The own number, most of which is left out, and the one that waits for its code. */
export type Phone = Shapes['PhoneOut'];

export type Waiting = NonNullable<Phone['waiting']>;

const PATH = '/api/v1/me/phone';

export function loadPhone(signal?: AbortSignal): Promise<Phone> {
  return request<Phone>('GET', PATH, { signal });
}

/** Have a code sent to a number. */
export function askForCode(number: string): Promise<Phone> {
  return request<Phone>('POST', PATH, { body: { number } });
}

/** Prove the number with its code; whoever had another one confirms with a passkey. */
export function proveNumber(code: string): Promise<Phone> {
  return withStepUp((stepUp) =>
    request<Phone>('POST', `${PATH}/prove`, { body: { code }, stepUp }),
  );
}

export async function removeNumber(): Promise<void> {
  await withStepUp((stepUp) => request('DELETE', PATH, { stepUp }));
}

/** Return which words say what became of the text that carries the code. */
export function wordsOf({ text }: Pick<Waiting, 'text'>): 'on-its-way' | 'failed' | 'unknown' {
  if (text === 'failed' || text === 'dropped') return 'failed';
  return text === 'unknown' ? 'unknown' : 'on-its-way';
}
