"""Who may call what, said once more by hand: the code must agree, route by route.

A row is: method, path, who, scope. `who` is "all" (nobody needs to be signed in) or letters:
r rep, m manager, f finance, a auditor, p program admin, t tenant admin. `scope` is what an API key
needs; "-" means that no key may. A route without a row fails the test.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from app.http.principal import Role, Scope

LETTERS: Final = {
    "r": Role.REP,
    "m": Role.MANAGER,
    "f": Role.FINANCE,
    "a": Role.AUDITOR,
    "p": Role.PROGRAM_ADMIN,
    "t": Role.TENANT_ADMIN,
}

ROUTES: Final = """
GET    /                                                    all     -
GET    /<path:name>                                         all     -
POST   /api/v1/hooks/<token>                                all     -
POST   /api/v1/texts/<tenant_id>/<text_id>/status           all     -
GET    /healthz                                             all     -
GET    /readyz                                              all     -
GET    /api/docs                                            all     -
GET    /api/docs.css                                        all     -
GET    /api/openapi.json                                    all     -

POST   /api/v1/sign-in/passkey/options                      all     -
POST   /api/v1/sign-in/passkey/verify                       all     -
POST   /api/v1/sign-in/code/request                         all     -
POST   /api/v1/sign-in/code/verify                          all     -
POST   /api/v1/sign-out                                     rmfapt  -
GET    /api/v1/invitations/<token>                          all     -
POST   /api/v1/invitations/<token>/options                  all     -
POST   /api/v1/invitations/<token>/accept                   all     -
GET    /api/v1/demo/personas                                all     -
POST   /api/v1/demo/personas/<key>/sign-in                  all     -
GET    /api/v1/demo/mailbox                                 all     -
POST   /api/v1/step-up/options                              rmfapt  -
POST   /api/v1/step-up/verify                               rmfapt  -

GET    /api/v1/me                                           rmfapt  -
PATCH  /api/v1/me                                           rmfapt  -
GET    /api/v1/me/devices                                   rmfapt  -
DELETE /api/v1/me/devices/<device_id>                       rmfapt  -
GET    /api/v1/me/passkeys                                  rmfapt  -
POST   /api/v1/me/passkeys/options                          rmfapt  -
POST   /api/v1/me/passkeys                                  rmfapt  -
DELETE /api/v1/me/passkeys/<passkey_id>                     rmfapt  -

GET    /api/v1/people                                       mfapt   people:read
POST   /api/v1/people                                       t       people:write
PUT    /api/v1/people                                       t       people:write
GET    /api/v1/people/<person_id>                           mfapt   people:read
PATCH  /api/v1/people/<person_id>                           t       -
POST   /api/v1/people/<person_id>/positions                 t       -
PUT    /api/v1/people/<person_id>/roles                     t       -
POST   /api/v1/people/<person_id>/invitation                t       -
POST   /api/v1/people/<person_id>/end-sessions              t       -
GET    /api/v1/teams                                        mfapt   people:read
POST   /api/v1/teams                                        t       people:write
GET    /api/v1/api-keys                                     t       -
POST   /api/v1/api-keys                                     t       -
DELETE /api/v1/api-keys/<key_id>                            t       -

GET    /api/v1/audit                                        at      -

GET    /api/v1/activities                                   rmfapt  activities:read
POST   /api/v1/activities                                   pt      activities:write
GET    /api/v1/activities/totals                            mfapt   activities:read
GET    /api/v1/products                                     rmfapt  activities:read
PUT    /api/v1/products                                     pt      activities:write
GET    /api/v1/sources                                      fapt    activities:read
PUT    /api/v1/sources/<name>                               pt      activities:write
GET    /api/v1/imports                                      fapt    activities:read
POST   /api/v1/imports                                      pt      activities:write
GET    /api/v1/imports/<import_id>                          fapt    activities:read
GET    /api/v1/imports/<import_id>/rows                     fapt    activities:read
GET    /api/v1/imports/<import_id>/quarantine.csv           fapt    activities:read
POST   /api/v1/imports/<import_id>/preview                  pt      activities:write
POST   /api/v1/imports/<import_id>/dry-run                  pt      activities:write
POST   /api/v1/imports/<import_id>/start                    pt      activities:write
POST   /api/v1/imports/<import_id>/check-again              pt      activities:write
POST   /api/v1/imports/<import_id>/repairs                  pt      activities:write
PUT    /api/v1/imports/<import_id>/rows/<row>               pt      activities:write
POST   /api/v1/imports/<import_id>/rows/<row>/dismiss       pt      activities:write
GET    /api/v1/claims                                       mfapt   -
POST   /api/v1/claims/<claim_id>/verify                     mpt     -
POST   /api/v1/claims/<claim_id>/refuse                     mpt     -
GET    /api/v1/me/claims                                    rm      -
POST   /api/v1/me/claims                                    rm      -

GET    /api/v1/programs                                     rmfapt  programs:write
POST   /api/v1/programs                                     pt      programs:write
GET    /api/v1/programs/schema                              rmfapt  programs:write
GET    /api/v1/programs/templates                           rmfapt  programs:write
GET    /api/v1/programs/<program_id>                        rmfapt  programs:write
GET    /api/v1/programs/<program_id>/comparison             rmfapt  programs:write
POST   /api/v1/programs/<program_id>/amendments             pt      programs:write
POST   /api/v1/programs/<program_id>/simulate               mpt     programs:write
GET    /api/v1/programs/<program_id>/simulations/<simulation_id> mpt programs:write
GET    /api/v1/exchange-rates                               rmfapt  programs:write
PUT    /api/v1/exchange-rates                               fpt     programs:write
GET    /api/v1/payee-attributes                             fapt    programs:write
PUT    /api/v1/payee-attributes                             fpt     programs:write
GET    /api/v1/me/mandates                                  rmfapt  -
PUT    /api/v1/me/mandates                                  rmfapt  -
GET    /api/v1/me/terms                                     rmfapt  -
POST   /api/v1/me/terms                                     rmfapt  -
PUT    /api/v1/programs/<program_id>/draft                  pt      programs:write
POST   /api/v1/programs/<program_id>/validate               pt      programs:write
POST   /api/v1/programs/<program_id>/publish                pt      programs:write
PUT    /api/v1/programs/<program_id>/enrolments             pt      programs:write
GET    /api/v1/quotas                                       rmfapt  programs:write
PUT    /api/v1/quotas                                       mpt     programs:write
GET    /api/v1/earnings/totals                              mfapt   earnings:read
GET    /api/v1/people/<person_id>/earnings                  mfapt   earnings:read
GET    /api/v1/people/<person_id>/receipts/<line_id>        mfapt   earnings:read
GET    /api/v1/me/earnings                                  rmfapt  -
GET    /api/v1/me/receipts/<line_id>                        rmfapt  -
GET    /api/v1/me/progress                                  rmfapt  -
GET    /api/v1/me/what-if                                   rmfapt  -

GET    /api/v1/contests                                     rmfapt  contests:read
POST   /api/v1/contests                                     mpt     contests:write
GET    /api/v1/contests/<contest_id>                        rmfapt  contests:read
PUT    /api/v1/contests/<contest_id>                        mpt     contests:write
POST   /api/v1/contests/<contest_id>/launch                 mpt     contests:write
POST   /api/v1/contests/<contest_id>/amendments             mpt     contests:write
GET    /api/v1/contests/<contest_id>/board                  rmfapt  contests:read
GET    /api/v1/contests/<contest_id>/standings              rmfapt  contests:read
GET    /api/v1/me/prizes                                    rm      -
GET    /api/v1/me/prizes/<contest_id>                       rm      -

GET    /api/v1/me/badges                                    rmfapt  -
GET    /api/v1/me/badges/<award_id>/certificate             rmfapt  -
GET    /api/v1/certificates/<code>                          all     -
GET    /api/v1/me/inbox                                     rmfapt  -
POST   /api/v1/me/inbox/read                                rmfapt  -
GET    /api/v1/me/nudges                                    rmfapt  -
PUT    /api/v1/me/nudges                                    rmfapt  -

GET    /api/v1/me/today                                     rmfapt  -
GET    /api/v1/console/overview                             mfapt   -

GET    /api/v1/me/wallet                                    rm      -
GET    /api/v1/me/wallet/entries                            rm      -
GET    /api/v1/me/wallet/transactions/<transaction_id>/proof rm     -
GET    /api/v1/me/rewards                                   rm      -
GET    /api/v1/me/store                                     rm      -
GET    /api/v1/me/store/choices                             rm      -
GET    /api/v1/me/store/front                               rm      -
GET    /api/v1/me/store/<reward_id>                         rm      -
PUT    /api/v1/me/store/<reward_id>/favourite               rm      -
DELETE /api/v1/me/store/<reward_id>/favourite               rm      -
GET    /api/v1/me/redemptions                               rm      -
POST   /api/v1/me/redemptions                               rm      -
GET    /api/v1/me/redemptions/<redemption_id>               rm      -
POST   /api/v1/me/redemptions/<redemption_id>/reveal        rm      -
PUT    /api/v1/me/redemptions/<redemption_id>/used          rm      -
GET    /api/v1/me/redemptions/<redemption_id>/notices       rm      -
POST   /api/v1/me/redemptions/<redemption_id>/notices       rm      -
GET    /api/v1/me/contacts                                  rmfapt  -
GET    /api/v1/me/phone                                     rmfapt  -
POST   /api/v1/me/phone                                     rmfapt  -
POST   /api/v1/me/phone/prove                               rmfapt  -
DELETE /api/v1/me/phone                                     rmfapt  -
GET    /api/v1/brand                                        mfapt   -
PUT    /api/v1/brand                                        t       -
PUT    /api/v1/brand/logo                                   t       -
DELETE /api/v1/brand/logo                                   t       -
GET    /api/v1/brand/logos/<digest>                         rmfapt  -
GET    /api/v1/me/accounts                                  rm      -
POST   /api/v1/me/accounts                                  rm      -
GET    /api/v1/me/accounts/<account_id>                     rm      -
DELETE /api/v1/me/accounts/<account_id>                     rm      -
POST   /api/v1/me/accounts/<account_id>/verify              rm      -
POST   /api/v1/me/accounts/<account_id>/confirm             rm      -
POST   /api/v1/me/accounts/<account_id>/primary             rm      -
GET    /api/v1/me/payouts                                   rm      -
POST   /api/v1/me/payouts                                   rm      -
GET    /api/v1/me/payouts/options                           rm      -
GET    /api/v1/me/payouts/<redemption_id>                   rm      -
GET    /api/v1/payout-methods                               mfapt   -
POST   /api/v1/payout-methods                               fpt     -
PUT    /api/v1/payout-methods/<method_id>                   fpt     -
GET    /api/v1/payouts/batches                              fat     payouts:read
GET    /api/v1/payouts/batches/<batch_id>                   fat     payouts:read
POST   /api/v1/payouts/batches/<batch_id>/prepare           ft      -
POST   /api/v1/payouts/batches/<batch_id>/approve           ft      -
POST   /api/v1/payouts/batches/<batch_id>/download          ft      -
POST   /api/v1/payouts/batches/<batch_id>/sent              ft      -
POST   /api/v1/payouts/batches/<batch_id>/void              ft      -
POST   /api/v1/payouts/batches/<batch_id>/answers           ft      -
GET    /api/v1/payouts/batches/<batch_id>/payments          ft      payouts:read
POST   /api/v1/payouts/batches/<batch_id>/confirmation      ft      payouts:write
GET    /api/v1/payouts/queues                               fat     payouts:read
POST   /api/v1/payouts/batches/<batch_id>/payments/<payment_id>/removal ft -
POST   /api/v1/payouts/settlements                          f       -
POST   /api/v1/payouts/settlements/<settlement_id>/approval ft      -
POST   /api/v1/payouts/settlements/<settlement_id>/drop     ft      -
POST   /api/v1/payouts/discrepancies/<discrepancy_id>/close ft      -
GET    /api/v1/payouts/accounts                             fat     payouts:read
POST   /api/v1/payouts/accounts                             ft      -
PUT    /api/v1/payouts/accounts/<paying_account_id>         ft      -
POST   /api/v1/payouts/accounts/<paying_account_id>/statements ft   -
POST   /api/v1/payouts/accounts/<paying_account_id>/comparison ft   -
GET    /api/v1/payouts/routes                               fat     -
PUT    /api/v1/payouts/routes                               t       -
GET    /api/v1/payouts/endpoint                             fat     -
PUT    /api/v1/payouts/endpoint                             ft      -
POST   /api/v1/payouts/endpoint/secret                      ft      -
DELETE /api/v1/payouts/endpoint                             ft      -
GET    /api/v1/banks                                        rm      -
GET    /api/v1/accounts/review                              fapt    -
POST   /api/v1/accounts/<account_id>/decide                 ft      -
PUT    /api/v1/accounts/hold                                ft      -
GET    /api/v1/me/statements                                rm      -
GET    /api/v1/me/statements/<statement_id>                 rm      -
GET    /api/v1/me/statements/<statement_id>/pdf             rm      -
GET    /api/v1/me/proof-of-earnings                         rm      -
GET    /api/v1/me/proof-of-earnings/pdf                     rm      -
POST   /api/v1/finance/statements                           ft      -
GET    /api/v1/finance/liability                            fat     earnings:read
GET    /api/v1/finance/journal                              fat     earnings:read
GET    /api/v1/finance/journal.csv                          fat     earnings:read
GET    /api/v1/finance/journal.xlsx                         fat     earnings:read
GET    /api/v1/finance/account-names                        fat     -
PUT    /api/v1/finance/account-names                        ft      -
GET    /api/v1/finance/tax-rules                            fat     -
POST   /api/v1/finance/tax-rules                            ft      -
GET    /api/v1/finance/tax-rules/trial                      fat     -
GET    /api/v1/rewards                                      mfapt   rewards:read
POST   /api/v1/rewards                                      fpt     rewards:write
PATCH  /api/v1/rewards/<reward_id>                          fpt     rewards:write
POST   /api/v1/rewards/<reward_id>/stock                    f       rewards:write
GET    /api/v1/catalog                                      mfapt   rewards:read
GET    /api/v1/catalog/choices                              mfapt   rewards:read
PATCH  /api/v1/catalog/<reward_id>                          fpt     rewards:write
GET    /api/v1/catalog/rules                                mfapt   rewards:read
POST   /api/v1/catalog/rules                                fpt     rewards:write
DELETE /api/v1/catalog/rules/<rule_id>                      fpt     rewards:write
GET    /api/v1/catalog/limits                               mfapt   rewards:read
POST   /api/v1/catalog/limits                               fpt     rewards:write
PUT    /api/v1/catalog/limits/<limit_id>                    fpt     rewards:write
DELETE /api/v1/catalog/limits/<limit_id>                    fpt     rewards:write
GET    /api/v1/catalog/syncs                                mfapt   rewards:read
POST   /api/v1/catalog/syncs                                fpt     rewards:write
GET    /api/v1/stock                                        mfapt   rewards:read
GET    /api/v1/redemptions                                  mfapt   rewards:read
POST   /api/v1/redemptions/<redemption_id>/confirm          mft     rewards:write
POST   /api/v1/redemptions/<redemption_id>/refuse           mft     rewards:write
GET    /api/v1/provider-setup                               fat     -
POST   /api/v1/provider-setup/trial                         t       -
POST   /api/v1/provider-accounts/<provider_account_id>/balance ft   -
GET    /api/v1/provider-accounts                            fat     -
POST   /api/v1/provider-accounts                            t       -
PUT    /api/v1/provider-accounts/<provider_account_id>      t       -
PUT    /api/v1/provider-accounts/<provider_account_id>/secrets t    -
POST   /api/v1/provider-accounts/<provider_account_id>/pause ft     -
POST   /api/v1/provider-accounts/<provider_account_id>/resume ft    -
GET    /api/v1/provider-accounts/<provider_account_id>/reconciliations fat -
POST   /api/v1/provider-accounts/<provider_account_id>/reconciliations ft -
GET    /api/v1/reconciliation-findings                      fat     -
POST   /api/v1/reconciliation-findings/<finding_id>/explanation f   -
POST   /api/v1/reconciliation-findings/<finding_id>/explanation/approval ft -
POST   /api/v1/reconciliation-findings/<finding_id>/explanation/drop ft -
GET    /api/v1/redemption-queues                            fat     -
POST   /api/v1/redemptions/<redemption_id>/look             ft      -
POST   /api/v1/redemptions/<redemption_id>/verdicts         f       -
POST   /api/v1/redemptions/<redemption_id>/verdicts/<verdict_id>/approval ft -
POST   /api/v1/redemptions/<redemption_id>/verdicts/<verdict_id>/drop ft -
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What is right for one route."""

    method: str
    path: str
    roles: frozenset[Role] | None
    """None: nobody needs to be signed in."""
    scope: Scope | None

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _read(line: str) -> Row:
    method, path, who, scope = line.split()
    roles = None if who == "all" else frozenset(LETTERS[letter] for letter in who)
    return Row(method, path, roles, None if scope == "-" else Scope(scope))


ROWS: Final = [_read(line) for line in ROUTES.splitlines() if line]
