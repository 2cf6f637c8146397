// How the page is divided just now: phone or desktop, panel, drawer, sheet. The map's padding follows it.
import type { Snippet } from 'svelte';

const phoneQuery = window.matchMedia('(max-width: 767px)');
const narrowQuery = window.matchMedia('(max-width: 1439px)');

/** `side`: list beside the map; `half`: table and map; `top`: a wide table over map and list; `full`: the panel covers the map. */
export type PanelKind = 'side' | 'half' | 'top' | 'full';
export type SheetHeight = 'peek' | 'half' | 'full';
export type Aside = 'history' | 'jobs' | 'notices' | null;

class Layout {
  phone = $state(phoneQuery.matches);
  narrow = $state(narrowQuery.matches);
  panel = $state<PanelKind>('side');
  sheet = $state<SheetHeight>('half');
  /** The drawer over the map's right edge shows something. */
  drawer = $state(false);
  /** A screen's own card lies over the map's right edge, on a phone over its foot. */
  card = $state(false);
  /** How high it is, in pixels. */
  cardHeight = $state(0);
  /** The map's width, in pixels. */
  mapWidth = $state(0);
  /** The legend, while one is shown. */
  legend = $state.raw<HTMLElement | null>(null);
  /** How high the strip of tools at the map's top is, in pixels; 0 without one. */
  tools = $state(0);
  aside = $state<Aside>(null);
  /** What a screen lays across the page, below the top bar. */
  bar = $state.raw<Snippet | null>(null);
  searching = $state(false);
  keys = $state(false);
  bodyHeight = $state(0);

  constructor() {
    phoneQuery.addEventListener('change', (event) => (this.phone = event.matches));
    narrowQuery.addEventListener('change', (event) => (this.narrow = event.matches));
  }

  /** Height of the phone's sheet in pixels. */
  get sheetPixels(): number {
    if (!this.phone) return 0;
    if (this.sheet === 'peek') return 96;
    return Math.round(this.bodyHeight * (this.sheet === 'half' ? 0.5 : 0.92));
  }

  /** What covers the map, in pixels per side. */
  get padding(): { top: number; right: number; bottom: number; left: number } {
    if (this.phone) {
      const sheet = this.sheet === 'full' ? Math.round(this.bodyHeight * 0.5) : this.sheetPixels;
      return { top: 0, right: 0, left: 0, bottom: this.card ? this.cardHeight : sheet };
    }
    return { top: 0, right: this.drawer || this.aside ? 420 : this.card ? 396 : 0, bottom: 0, left: 0 };
  }
}

export const layout = new Layout();
