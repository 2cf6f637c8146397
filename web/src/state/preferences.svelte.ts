// What a person chose for this browser: theme, language, keys, widths. Kept in local storage.
import { browserLanguage, setLanguage, type Language } from '../i18n/index.svelte';

export type Theme = 'system' | 'light' | 'dark';
export type HandOffApp = 'google' | 'apple' | 'waze' | 'osmand' | 'geo';

interface Kept {
  theme: Theme;
  /** Chosen here, and not told to the server yet. */
  untold: Language | null;
  /** What was last read here: for the sign-in page. */
  read: Language | null;
  keys: boolean; panelWidth: number;
  handOff: HandOffApp | null; recent: Recent[];
}
export interface Recent { account: string; title: string }

const STORAGE = 'bailiwick.preferences';
const defaults: Kept = { theme: 'system', untold: null, read: null, keys: true, panelWidth: 360, handOff: null, recent: [] };

function kept(): Kept {
  try {
    return { ...defaults, ...(JSON.parse(localStorage.getItem(STORAGE) ?? '{}') as Partial<Kept>) };
  } catch {
    // Storage switched off or damaged: start from the defaults.
    return { ...defaults };
  }
}

const darkSystem = window.matchMedia('(prefers-color-scheme: dark)');

class Preferences {
  #kept = $state<Kept>(kept());
  #systemIsDark = $state(darkSystem.matches);

  constructor() {
    darkSystem.addEventListener('change', (event) => (this.#systemIsDark = event.matches));
    setLanguage(this.#kept.untold ?? this.#kept.read ?? browserLanguage());
    this.#applyTheme();
  }

  get theme(): Theme { return this.#kept.theme; }
  set theme(theme: Theme) {
    this.#kept.theme = theme;
    this.#applyTheme();
    this.#keep();
  }

  /** The theme actually shown. */
  get dark(): boolean {
    return this.theme === 'dark' || (this.theme === 'system' && this.#systemIsDark);
  }

  /** The language chosen here that the server does not know of yet. */
  get chosen(): Language | null { return this.#kept.untold; }

  /** Shows another language from now on; whoever is signed in tells the server. */
  choose(language: Language): void {
    this.#kept.untold = language;
    setLanguage(language);
    this.#keep();
  }

  /** The server knows: what counts from now on is what it says. */
  spoken(language: Language): void {
    this.#kept.untold = null;
    this.#kept.read = language;
    this.#keep();
  }

  get keys(): boolean { return this.#kept.keys; }
  set keys(on: boolean) { this.#kept.keys = on; this.#keep(); }

  get panelWidth(): number { return this.#kept.panelWidth; }
  set panelWidth(width: number) { this.#kept.panelWidth = Math.min(520, Math.max(300, Math.round(width))); this.#keep(); }

  get handOff(): HandOffApp | null { return this.#kept.handOff; }
  set handOff(app: HandOffApp | null) { this.#kept.handOff = app; this.#keep(); }

  get recent(): Recent[] { return this.#kept.recent; }

  /** Puts an opened customer on top of the last eight. */
  opened(account: string, title: string): void {
    this.#kept.recent = [{ account, title }, ...this.#kept.recent.filter((one) => one.account !== account)].slice(0, 8);
    this.#keep();
  }

  /** Forgets names of customers and what was not told yet; on sign-out, so that nothing of it becomes the next person's. */
  forget(): void {
    this.#kept.recent = [];
    this.#kept.untold = null;
    this.#keep();
  }

  #applyTheme(): void {
    if (this.#kept.theme === 'system') delete document.documentElement.dataset['theme'];
    else document.documentElement.dataset['theme'] = this.#kept.theme;
  }

  #keep(): void {
    try {
      localStorage.setItem(STORAGE, JSON.stringify(this.#kept));
    } catch {
      // Storage switched off: the choice holds until the page is closed.
    }
  }
}

export const preferences = new Preferences();
