import type { Batch, Payment } from './payouts';

type Tone = 'brand' | 'gold' | 'risk' | 'bad' | 'good' | 'info' | 'plain';

export const BATCH_TONES: Readonly<Record<Batch['state'], Tone>> = {
  open: 'plain',
  prepared: 'risk',
  approved: 'brand',
  downloaded: 'info',
  sent: 'info',
  settled: 'good',
  part: 'risk',
  returned: 'bad',
  void: 'plain',
};

export const LINE_TONES: Readonly<Record<Payment['state'], Tone>> = {
  waiting: 'plain',
  settled: 'good',
  refused: 'bad',
  returned: 'bad',
  moved: 'plain',
  withdrawn: 'plain',
};
