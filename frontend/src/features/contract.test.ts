import { expectTypeOf, test } from 'vitest';
import type { components } from '../lib/api/schema.gen';
import type { Badges } from './badges/badges';
import type { Listed, Reading, Rule } from './console-rewards/store';
import type { Earnings, Receipt } from '../ui/earnings/earnings';
import type { Inbox } from './inbox/inbox';
import type { Claim } from './log/log';
import type { Nudges } from './profile/profile';
import type { Board, Contest } from './ranks/ranks';
import type { Redemption, Revealed } from './rewards/rewards';
import type { Choices, StorePage, StoreReward } from './rewards/store';
import type { Today } from './today/today';
import type { WaitingClaim } from './verify/verify';

type Server = components['schemas'];

// The compiler proves this, on the document that the server exports: what it answers fits what a page reads.
test('every page reads what the server answers', () => {
  expectTypeOf<Server['TodayOut']>().toExtend<Today>();
  expectTypeOf<Server['BoardOut']>().toExtend<Board>();
  expectTypeOf<Server['ContestOut']>().toExtend<Contest>();
  expectTypeOf<Server['StatementOut']>().toExtend<Earnings>();
  // The tree of steps is data of the engine, which the document leaves open.
  expectTypeOf<Server['ReceiptOut']>().toExtend<Omit<Receipt, 'steps'>>();
  expectTypeOf<Server['StorePage']>().toExtend<StorePage>();
  expectTypeOf<Server['StoreReward']>().toExtend<StoreReward>();
  expectTypeOf<Server['StoreChoices']>().toExtend<Choices>();
  expectTypeOf<Server['CuratedItem']>().toExtend<Listed>();
  expectTypeOf<Server['RuleOut']>().toExtend<Rule>();
  expectTypeOf<Server['SyncOut']>().toExtend<Reading>();
  expectTypeOf<Server['RedemptionOut']>().toExtend<Redemption>();
  expectTypeOf<Server['DeliveryOut']>().toExtend<Revealed>();
  expectTypeOf<Server['InboxOut']>().toExtend<Inbox>();
  expectTypeOf<Server['BadgesOut']>().toExtend<Badges>();
  expectTypeOf<Server['ClaimOut']>().toExtend<Claim>();
  // A list with a default is always there in an answer.
  expectTypeOf<Required<Server['ClaimOut']>>().toExtend<WaitingClaim>();
  expectTypeOf<Server['NudgesOut']>().toExtend<Nudges>();
});
