import { ApiProblem, request, type Params } from '../api';
import { usePasskey } from '../passkeys';

type Options = Parameters<typeof usePasskey>[0];

interface Question {
  readonly challenge_id: string;
  readonly options: Options;
}

interface Proof {
  readonly token: string;
}

/**
 * Do `act`; when the server wants a fresh passkey for it, ask the person and do it again with the proof.
 *
 * Throws PasskeyCancelled when the person declines, and whatever `act` throws.
 */
export async function withStepUp<T>(act: (proof?: string) => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.code !== 'step_up_needed') throw error;
    return act(await prove(error.params));
  }
}

async function prove({ action, binding }: Params): Promise<string> {
  const question = await request<Question>('POST', '/api/v1/step-up/options', {
    body: { action, binding },
  });
  const credential = await usePasskey(question.options);
  const { token } = await request<Proof>('POST', '/api/v1/step-up/verify', {
    body: { challenge_id: question.challenge_id, credential },
  });
  return token;
}
