import { request, type Shapes } from '../../lib/api';
import { isZero } from '../../lib/money';

export type Statement = Shapes['StatementOut'];
type States = Statement['states'];

const SHOWN = ['projected', 'payable', 'available', 'paid', 'at_risk', 'owed'] as const;

export function loadEarned(id: string, signal: AbortSignal): Promise<Statement> {
  return request('GET', `/api/v1/people/${id}/earnings`, { signal });
}

/** Return the states of somebody's money that hold anything, in the order money moves. */
export function heldStates(
  states: States,
): readonly { state: (typeof SHOWN)[number]; money: States['paid'] }[] {
  return SHOWN.map((state) => ({ state, money: states[state] })).filter(
    ({ money }) => !isZero(money),
  );
}
