// The scenario that is worked on: its steps, its figures and its colours on the map. Nothing that is published changes here.
import * as api from '../../api/scenarios';
import type { BalanceResult, CardSide, Change, Layout, LayoutTerritory, Measures, Named, Owners, Scenario, ScenarioList, Totals } from '../../api/scenarios';
import type { Id } from '../../api/types';
import { hours, localDate, money, number } from '../../i18n/format';
import { t } from '../../i18n/index.svelte';
import { territoryName } from '../../map/features';
import type { Mark } from '../../map/engine';
import { feature } from '../../map/geometry';
import type { Branch } from '../../map/stage.svelte';
import { numbered } from '../../lib/names';
import { attempt, feedback } from '../../state/feedback.svelte';
import { measured, type Measure } from '../../state/measures.svelte';
import { Resource } from '../../state/resource.svelte';
import { session } from '../../state/session.svelte';
import { territories } from '../../state/territories.svelte';
import { view } from '../../state/view.svelte';

/** The amount of one measure, hours being those of a week. */
export function amountOf(measure: Measure, of: Measures): number {
  return of[measure];
}

/** As written; `~` where driving is estimated. */
export function figure(measure: Measure, value: number, estimated = true): string {
  if (measure === 'hours') return `${estimated ? '~' : ''}${hours(value)}`;
  return measure === 'revenue' || measure === 'pipeline' ? money(value) : number(value);
}

export const isEstimate = (...of: (Measures | null | undefined)[]): boolean => of.some((one) => one?.drive_basis === 'estimate');

/** Changes whenever a figure may have. */
const signature = (of: Scenario | undefined) => (of ? [of.version, of.superseded, ...of.operations_list.map((one) => `${one.id} ${one.undone}`)].join() : '');

export type ScenarioDialog = 'publish' | 'balance' | 'compare' | 'revert' | 'join' | 'prices' | 'sizes';

class ScenarioState {
  dialog = $state<ScenarioDialog | null>(null);
  readonly heads = new Resource<ScenarioList>();
  readonly shown = new Resource<Scenario>();
  readonly layout = new Resource<Layout>();
  readonly owners = new Resource<Owners>();
  readonly totals = new Resource<Totals>();
  busy = $state(false);
  /** Sides of a change that was just confirmed, until the figures of the whole have come. */
  settling = $state.raw<CardSide[] | null>(null);
  /** Places as a prepared change would have them; slot 0 is nobody. */
  #prepared = $state.raw<ReadonlyMap<Id, number>>(new Map());
  /** What a balance has found so far. */
  trial = $state.raw<BalanceResult | null>(null);
  /** Places under the pointer in a list. */
  #lit = $state.raw<ReadonlySet<Id>>(new Set());

  /** Whether this person may work on scenarios. */
  get may(): boolean { return session.role === 'manager' || session.role === 'admin'; }
  /** The one the address names; another date than today shows what holds then instead. */
  get id(): Id | null { return this.may && view.screen === 'map' && view.asOf === null ? view.extra('s') || null : null; }
  get value(): Scenario | null { return this.id && this.shown.value?.id === this.id ? this.shown.value : null; }
  get editable(): boolean { return this.value !== null && this.value.can.edit === null; }

  // Kept as long as nothing of them changes: the map draws them anew only then, not with every figure.
  #list = $derived((this.layout.value?.territories ?? []).filter((one) => one.change !== 'removed'));
  #ground = $derived(new Map((this.trial?.geometry ?? []).map((one) => [one.territory_id, one.geometry])));
  #drawn = $derived(this.#list.map((one) => (this.#ground.has(one.id) ? { ...one, geometry: this.#ground.get(one.id) ?? null } : one)));
  /** While a balance runs the comparison is with the draft, else with its base. */
  #before = $derived((this.layout.value?.territories ?? []).flatMap((one) => {
    const geometry = this.#ground.size > 0 ? (this.#ground.has(one.id) ? one.geometry : null) : one.before?.geometry;
    return geometry ? [feature(geometry, { id: one.id })] : [];
  }));

  /** Territories as they would be, without those that would go. */
  get list(): LayoutTerritory[] { return this.#list; }
  find(id: Id | null | undefined): LayoutTerritory | undefined { return this.layout.value?.territories.find((one) => one.id === id); }
  isLocked(id: Id | null): boolean { return id !== null && (this.find(id)?.locked ?? false); }

  /** Who would have a place: by the base, unless a step says otherwise. */
  ownerOf(location: Id, published: Id | null): Id | null {
    const owners = this.owners.value;
    const at = owners?.places.find(([id]) => id === location)?.[1];
    return at === undefined ? published : (owners?.territories[at] ?? null);
  }

  // --- loading --------------------------------------------------------------------------------

  async loadHeads(): Promise<void> {
    await this.heads.load(api.list);
  }

  async load(id: Id | null): Promise<void> {
    if (this.shown.value?.id !== id) this.forget();
    if (id === null) return;
    await Promise.all([this.shown.load((signal) => api.read(id, signal)), this.#figures(id)]);
    this.#settle();
  }

  /** Asks again after somebody's change; figures only when there was one. */
  async refresh(): Promise<void> {
    const { id } = this;
    void this.loadHeads();
    if (!id) return;
    const before = signature(this.shown.value);
    await this.shown.load((signal) => api.read(id, signal));
    this.#settle();
    const now = this.shown.value;
    if (now?.id === id && signature(now) !== before) await this.#figures(id);
  }

  async #figures(id: Id): Promise<void> {
    await Promise.all([
      this.layout.load((signal) => api.layout(id, signal)),
      this.owners.load((signal) => api.owners(id, signal)),
      this.totals.load((signal) => api.totals(id, signal)),
    ]);
    this.settling = null;
    this.#prepared = new Map();
  }

  /** Steps can be taken back in a draft only. */
  #settle(): void {
    const { value } = this;
    if (value && value.state !== 'draft') feedback.over(`scenario/${value.id}`);
  }

  forget(): void {
    this.shown.clear();
    this.layout.clear();
    this.owners.clear();
    this.totals.clear();
    this.settling = null;
    this.#prepared = new Map();
    this.trial = null;
    this.#lit = new Set();
  }

  open(id: Id | null, page: string | null = null): void {
    view.go({ screen: 'map', argument: page, selection: null, extra: id ? { s: id } : {} });
  }

  /** Two of one name could not be told apart in a list. */
  #free(name: string): string {
    return numbered(name, (this.heads.value?.scenarios ?? []).map((one) => one.name));
  }

  async start(): Promise<void> {
    this.busy = true;
    await this.loadHeads();
    const made = await attempt(() => api.create({ name: this.#free(t('scen.draftOf', { date: localDate(session.now.today, true) })) }));
    this.busy = false;
    if (!made) return;
    this.shown.replace(made);
    this.open(made.id);
    void this.loadHeads();
  }

  async copy(of: Named): Promise<void> {
    const made = await attempt(() => api.copy(of.id, this.#free(t('scen.copyName', { name: of.name }))));
    if (!made) return;
    this.open(made.id);
    void this.loadHeads();
  }

  async rename(name: string): Promise<void> {
    const { id } = this;
    if (!id || !name) return;
    const changed = await attempt(() => api.change(id, { name }));
    if (changed) this.take(changed);
  }

  async discard(): Promise<void> {
    const { value } = this;
    if (!value) return;
    if (!(await attempt(() => api.discard(value.id)))) return;
    feedback.over(`scenario/${value.id}`);
    feedback.done(t('scen.discarded', { name: value.name }));
    this.open(null);
    void this.loadHeads();
  }

  // --- changing -------------------------------------------------------------------------------

  /** A newer state of the shown one, from the answer to an act. */
  take(next: Scenario): void {
    if (next.id === this.id) this.shown.take(next);
    this.#settle();
    void this.loadHeads();
  }

  /** One step. `sides` are what the card promised: shown until the figures have come. */
  async operate(change: Change, sides: CardSide[] | null = null): Promise<boolean> {
    const { id } = this;
    if (!id) return false;
    this.busy = true;
    const done = await attempt(() => api.operate(id, change));
    this.busy = false;
    if (!done) return false;
    this.settling = sides;
    feedback.done(done.operation.title, done.change_set, `scenario/${id}`);
    this.take(done.scenario);
    void this.#figures(id);
    return true;
  }

  async #step(act: (id: Id) => Promise<{ scenario: Scenario }>, said: string): Promise<void> {
    const { id } = this;
    if (!id || this.busy) return;
    this.busy = true;
    const done = await attempt(() => act(id));
    this.busy = false;
    if (!done) return;
    feedback.say(said);
    this.take(done.scenario);
    await this.#figures(id);
  }

  /** Takes back the last step that stands, or any one. */
  async undo(operation: Id | null = null): Promise<void> {
    const last = this.value?.operations_list.findLast((one) => (operation ? one.id === operation : !one.undone));
    if (last) await this.#step((id) => api.undo(id, operation), t('toast.undone', { label: last.title }));
  }

  async redo(operation: Id | null = null): Promise<void> {
    const last = this.lastUndone(operation);
    if (last) await this.#step((id) => api.redo(id, operation), t('toast.redone', { label: last.title }));
  }

  get canUndo(): boolean { return this.editable && (this.value?.operations ?? 0) > 0; }
  get canRedo(): boolean { return this.editable && this.lastUndone(null) !== undefined; }

  lastUndone(operation: Id | null) {
    const undone = (this.value?.operations_list ?? []).filter((one) => one.undone && (operation === null || one.id === operation));
    return undone.toSorted((a, b) => (b.undone_at ?? 0) - (a.undone_at ?? 0))[0];
  }

  /** Published, reverted, updated: the territories that hold may be other ones. */
  async changed(next: Scenario): Promise<void> {
    this.take(next);
    await Promise.all([this.#figures(next.id), territories.refresh()]);
  }

  // --- the map --------------------------------------------------------------------------------

  /** Shows what a prepared change would do; an empty map takes it away. */
  prepare(places: ReadonlyMap<Id, number>): void {
    this.#prepared = places;
  }

  light(places: Iterable<Id>): void {
    this.#lit = new Set(places);
  }

  /** How customers' points are to look: the base's colours stay in the tiles. */
  get marks(): Map<Id, Mark> {
    const marks = new Map<Id, Mark>();
    const owners = this.owners.value;
    const slots = (owners?.territories ?? []).map((id) => this.find(id)?.colour ?? 0);
    for (const [id, at] of owners?.places ?? []) marks.set(id, { slot: slots[at] ?? 0, moved: true });
    for (const [id, territory] of this.trial?.places ?? []) marks.set(id, { slot: this.find(territory)?.colour ?? 0, moved: true });
    for (const [id, slot] of this.#prepared) marks.set(id, { slot, moved: true });
    for (const id of this.#lit) marks.set(id, { ...marks.get(id), lit: true });
    return marks;
  }

  /** The territories as the map is to show them. */
  branch(sides: ReadonlyMap<string, Measures>): Branch | null {
    if (!this.layout.value) return null;
    const { by } = measured;
    const rows = new Map((this.totals.value?.rows ?? []).map((row) => [row.territory_id ?? '', row.after]));
    const of = (id: string) => sides.get(id) ?? rows.get(id) ?? null;
    return {
      territories: this.#drawn,
      names: this.list.flatMap((one) => {
        const after = of(one.id);
        return territoryName(one, after ? figure(by, amountOf(by, after), isEstimate(after)) : '');
      }),
      before: this.#before,
      places: new Map(['', ...this.list.map((one) => one.id)].map((id) => [id, of(id)?.places ?? 0])),
    };
  }
}

export const scenario = new ScenarioState();
