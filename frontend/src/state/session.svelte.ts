import { ApiProblem, Offline, request, type Shapes } from '../lib/api';
import { isLanguage } from '../lib/i18n';
import { IN_KEY } from '../lib/api/early';
import { keepSnapshot, readSnapshot, wipe } from '../lib/store';
import { applyBrand } from '../lib/theme/brand';
import type { Place } from '../lib/time';
import { language } from './language.svelte';
import { online } from './online.svelte';

export type Role = Shapes['Role'];
export type Person = Shapes['MePerson'];
export type Tenant = Shapes['MeTenant'];

/** What `GET /api/v1/me` and every sign-in answer. */
export type Me = Shapes['MeOut'];

const KEY = 'me';

/** Who is signed in. `unknown` only until the first answer, from the phone or the server. */
class Session {
  me = $state.raw<Me | null>(null);
  state = $state<'unknown' | 'in' | 'out'>('unknown');

  get person(): Person | null {
    return this.me?.person ?? null;
  }

  get tenant(): Tenant | null {
    return this.me?.tenant ?? null;
  }

  /** Where this person's times are told. */
  get place(): Place {
    const zone = this.person?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    return { locale: language.locale, zone };
  }

  has(...roles: readonly Role[]): boolean {
    return roles.some((role) => this.me?.roles.includes(role) ?? false);
  }

  /** Open with whoever was signed in last, so that the app opens offline, then ask the server. */
  async start(): Promise<void> {
    const kept = await readSnapshot<Me>(KEY);
    if (kept) await this.#show(kept.value);
    const check = this.refresh();
    if (!kept) await check;
  }

  async refresh(): Promise<void> {
    try {
      await this.enter(await request<Me>('GET', '/api/v1/me'));
      online.report(true);
    } catch (error) {
      if (!(error instanceof ApiProblem || error instanceof Offline)) throw error;
      online.report(error instanceof ApiProblem);
      if (error instanceof ApiProblem && error.status === 401) await this.leave();
      else if (this.state === 'unknown') this.state = 'out';
    }
  }

  /** Take over what a sign-in answered; another person's data is forgotten first. */
  async enter(me: Me): Promise<void> {
    if (this.me && this.me.person.id !== me.person.id) await wipe();
    await this.#show(me);
    await keepSnapshot(KEY, { value: me, asOf: new Date().toISOString() });
  }

  /** Tell the server, then forget everything on this phone. */
  async signOut(): Promise<void> {
    await request('POST', '/api/v1/sign-out');
    await this.leave();
  }

  /** The server no longer knows us: forget everything on this phone. */
  async leave(): Promise<void> {
    this.me = null;
    this.state = 'out';
    localStorage.removeItem(IN_KEY);
    await wipe();
  }

  async #show(me: Me): Promise<void> {
    applyBrand(me.tenant.brand_hue, me.tenant.brand_chroma);
    const spoken = me.person.language;
    if (isLanguage(spoken)) await language.use(spoken);
    this.me = me;
    this.state = 'in';
    localStorage.setItem(IN_KEY, '');
  }
}

export const session = new Session();
