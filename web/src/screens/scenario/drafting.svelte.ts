// Tools in a scenario: what the tool in hand has caught becomes one change, shown with both sides before it is a step.
import * as api from '../../api/scenarios';
import type { Card, CardSide, Change, Measures } from '../../api/scenarios';
import type { Area, Id } from '../../api/types';
import { t } from '../../i18n/index.svelte';
import { Resource } from '../../state/resource.svelte';
import { view } from '../../state/view.svelte';
import { editing, type Branch } from '../map/editing.svelte';
import { picking } from '../map/picking.svelte';
import { scenario } from './scenario.svelte';

/** Where it goes: a territory's id, a new one, nobody, or not yet said. */
export type Target = Id | '+' | '-' | '';

class Drafting implements Branch {
  readonly card = new Resource<Card>();
  target = $state<Target>('');
  /** The shape becomes the border of the target instead of being added to it. */
  asBorder = $state(false);
  /** Only the customers that were caught, by name; their ground stays. */
  byName = $state(false);
  name = $state('');
  owner = $state<Id | null>(null);
  codes = $state.raw<string[]>([]);
  #last: Id | null = null;

  /** The change as it stands; without a target what goes to nobody, which tells what it is worth. */
  get change(): Change | null {
    const { tool, area } = editing;
    if (tool === 'vertices') return area && editing.target ? { kind: 'reshape', territory_id: editing.target, geometry: area } : null;
    const what = this.#what();
    if (!what) return null;
    if (this.target === '+') {
      const rest = { name: this.name.trim() || t('card.title.new'), ...(this.owner ? { owner_id: this.owner } : {}) };
      if ('location_ids' in what) return { kind: 'add', ...what, ...rest };
      return area ? { kind: 'add', geometry: area, ...rest } : null;
    }
    if (this.asBorder && area && this.known) return { kind: 'reshape', territory_id: this.target, geometry: area };
    return { kind: 'move', to: this.known ? this.target : null, ...what };
  }

  #what(): { location_ids: Id[] } | { geometry: Area } | { boundary_ids: string[] } | { codes: string[] } | null {
    const { tool, area, ground, caught } = editing;
    if (tool === 'codes') return this.codes.length > 0 ? { codes: this.codes } : null;
    if (tool === 'lasso') {
      if ((this.byName || !ground) && caught.size > 0) return { location_ids: [...caught.keys()] };
      return ground ? { geometry: ground } : null;
    }
    if (tool === 'blocks' && picking.picked.size > 0) return { boundary_ids: [...picking.picked] };
    return area ? { geometry: area } : null;
  }

  /** The target is a territory that takes. */
  get known(): boolean { return this.target !== '' && this.target !== '+' && this.target !== '-'; }
  get ready(): boolean {
    if (this.card.value?.problem || editing.crossing || !editing.closed || scenario.busy || !scenario.editable) return false;
    if (editing.tool === 'vertices') return this.change !== null;
    return this.change !== null && this.target !== '' && (this.target !== '+' || this.name.trim() !== '');
  }

  get sides(): CardSide[] {
    if (!this.card.value || !editing.open) return scenario.settling ?? [];
    // Before a target is chosen the card only tells what the selection is worth.
    return this.target === '' && editing.tool !== 'vertices' ? [] : this.card.value.sides;
  }
  /** What each territory would have, by id; `''` for nobody. */
  get after(): ReadonlyMap<string, Measures> {
    return new Map(this.sides.filter((side) => side.territory_id !== null).map((side) => [side.territory_id === 'none' ? '' : (side.territory_id ?? ''), side.after]));
  }

  // --- what the tools ask for -----------------------------------------------------------------

  get gains(): Measures | undefined { return this.card.value?.selection; }

  shape(id: Id | null): Area | null {
    return scenario.find(id)?.geometry ?? null;
  }

  begin(): void {
    const chosen = view.selection?.kind === 'territory' ? view.selection.id : null;
    const likely = [chosen, this.#last].find((id) => id && scenario.list.some((one) => one.id === id && !one.locked));
    this.target = likely ?? '';
  }

  ask(): void {
    const { id } = scenario;
    const { change } = this;
    if (!id || !change) {
      this.card.clear();
      scenario.prepare(new Map());
      return;
    }
    void this.card.load((signal) => api.preview(id, change, signal)).then(() => this.#colour());
  }

  choose(target: Target, asBorder = false): void {
    this.target = target;
    this.asBorder = asBorder;
    this.ask();
  }

  /** Colours what would move as the card says; beyond the card's list what the lasso caught. */
  #colour(): void {
    const card = this.card.value;
    if (!card || (this.target === '' && editing.tool !== 'vertices')) return scenario.prepare(new Map());
    const slot = (id: Id | null) => (id === null ? (this.target === '+' ? 1 : 0) : (scenario.find(id)?.colour ?? 0));
    const places = new Map<Id, number>();
    if (card.moved_count > card.moved.length && editing.tool === 'lasso') {
      const to = this.known ? slot(this.target) : this.target === '+' ? 1 : 0;
      for (const one of editing.caught.values()) if (!scenario.isLocked(scenario.ownerOf(one.location_id, one.territory_id))) places.set(one.location_id, to);
    }
    for (const one of card.moved) places.set(one.location_id, slot(one.to?.id ?? null));
    scenario.prepare(places);
  }

  async apply(): Promise<boolean> {
    const { change } = this;
    if (!change || !this.ready) return false;
    const { sides } = this;
    const target = this.known ? this.target : null;
    if (!(await scenario.operate(change, sides))) return false;
    this.#last = target ?? this.#last;
    return true;
  }

  drop(done: boolean): void {
    this.card.clear();
    // What was confirmed keeps its colours until the answer about all places has come.
    if (!done) scenario.prepare(new Map());
    this.target = '';
    this.asBorder = false;
    this.byName = false;
    this.name = '';
    this.owner = null;
    this.codes = [];
  }
}

export const drafting = new Drafting();
