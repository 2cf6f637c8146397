// Who is signed in and what they may do.
import * as api from '../api/session';
import { onConnection, Problem } from '../api/client';
import type { Session, Stored } from '../api/types';
import { setOrganisation } from '../i18n/format';
import { setLanguage, type Language } from '../i18n/index.svelte';
import { live } from './live.svelte';
import { preferences } from './preferences.svelte';
import { screens, type Screen } from './url';
import { view } from './view.svelte';

type State = 'asking' | 'out' | 'ended' | 'in' | 'unreachable';

const screensOf: Record<string, Screen[]> = {
  rep: ['day', 'map', 'customers', 'sales', 'service', 'cycle', 'regions'],
  manager: ['map', 'customers', 'sales', 'service', 'marketing', 'day', 'cycle', 'regions', 'import', 'repair'],
  analyst: ['regions', 'map', 'customers', 'sales', 'service', 'marketing'],
  admin: ['import', 'repair', 'map', 'customers', 'sales', 'service', 'marketing', 'day', 'cycle', 'regions', 'admin'],
};

class SessionState {
  #session = $state.raw<Session | null>(null);
  /** When it was told, by this device's clock. */
  #since = 0;
  state = $state<State>('asking');
  /** Since when the server is not reached, in milliseconds; null while it is. */
  offlineSince = $state<number | null>(null);

  constructor() {
    onConnection({
      signedOut: () => {
        if (this.state === 'in') this.state = 'ended';
      },
      reached: (online) => {
        if (online) this.offlineSince = null;
        else this.offlineSince ??= Date.now();
      },
    });
  }

  /** The session; only inside screens that are shown to signed-in people. */
  get now(): Session {
    if (!this.#session) throw new Error('no session: this screen is shown before sign-in');
    return this.#session;
  }

  get known(): Session | null { return this.#session; }

  /** This moment by the server's clock, which may be another than this device's. */
  moment(): number { return this.now.now + (Date.now() - this.#since); }
  get role(): Session['user']['role'] { return this.now.user.role; }

  /** The screens this person may open, in the order of the rail. */
  get screens(): Screen[] {
    const open = screensOf[this.role] ?? [];
    return screens.filter((screen) => open.includes(screen));
  }

  /** Whether any records of a type may be seen. */
  sees(type: string): boolean {
    const right = this.#session?.rights[type]?.read ?? 'none';
    return right !== 'none';
  }

  /** Whether edits are possible: only today, and only with the right. */
  may(act: 'create' | 'write' | 'delete', type: string): boolean {
    if (view.asOf !== null) return false;
    const right = this.#session?.rights[type]?.[act] ?? false;
    return right !== false && right !== 'none';
  }

  /** Whether this very record may be changed or deleted; the server says so with the record. */
  mayOn(act: 'write' | 'delete', record: Stored | null | undefined): boolean {
    if (!record || view.asOf !== null) return false;
    return record.may?.[act] ?? this.may(act, record.type);
  }

  /** Whether a record is only to be looked at although its kind may be changed: the page says so. */
  looksOnly(record: Stored | null | undefined): boolean {
    return record?.may?.write === false && this.may('write', record.type);
  }

  /** Speaks another language here, and tells the server, which keeps it with the person. */
  async speak(language: Language): Promise<void> {
    preferences.choose(language);
    await this.#told(language);
    // Reasons and other sentences of the server come in the reader's language: they are asked for anew.
    live.anew();
  }

  async #told(language: Language): Promise<void> {
    try {
      this.#session = await api.speak(language);
      preferences.spoken(language);
    } catch (problem) {
      // Out of reach: it holds on this device, and is told at the next sign-in.
      if (!(problem instanceof Problem) || problem.status !== 0) throw problem;
    }
  }

  async ask(): Promise<void> {
    try {
      this.#enter(await api.currentSession());
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 401) this.state = 'out';
      else this.state = 'unreachable';
    }
  }

  /** Whether the session stands still: what is refused beside requests, such as the line of events, does not say why. */
  async check(): Promise<void> {
    try {
      await api.currentSession();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (problem.status === 401 && this.state === 'in') this.state = 'ended';
    }
  }

  async signIn(email: string, password: string): Promise<void> {
    this.#enter(await api.signIn(email, password));
  }

  async signOut(): Promise<void> {
    await api.signOut();
    preferences.forget();
    // A fresh page holds nothing of the person who left.
    location.assign('/');
  }

  #enter(session: Session): void {
    const first = this.#session === null;
    const again = this.state === 'ended';
    this.#session = session;
    this.#since = Date.now();
    setOrganisation(session.currency, session.time_zone);
    // What was chosen here and not told yet is the newer word; else what the person said wherever they did.
    const chosen = preferences.chosen;
    if (chosen !== null && chosen !== session.user.language) void this.#told(chosen).catch(() => {});
    else preferences.spoken(session.user.language);
    setLanguage(chosen ?? session.user.language);
    this.state = 'in';
    // Signed in again over the page: what happened meanwhile is unknown.
    if (again) live.anew();
    if (first && location.pathname === '/') view.replace({ screen: this.#landing(session) });
    else if (!this.screens.includes(view.screen)) view.replace({ screen: this.#landing(session), argument: null });
  }

  #landing(session: Session): Screen {
    const asked = session.landing.split('/')[1] ?? '';
    return this.screens.find((screen) => screen === asked) ?? this.screens[0] ?? 'map';
  }
}

export const session = new SessionState();
