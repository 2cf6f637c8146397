// Changing territories: which tool is in hand, what it has caught, what it would change. Nothing is written before Apply.
// Changes go straight into what holds, or, with a branch, into a scenario.
import * as api from '../../api/territories';
import { isochrone } from '../../api/places';
import type { Area, Id, LassoCatch, Preview, PreviewSide, ReachOf, Totals } from '../../api/types';
import { layout } from '../../frame/layout.svelte';
import { t } from '../../i18n/index.svelte';
import { box, feature, together } from '../../map/geometry';
import { stage } from '../../map/stage.svelte';
import { attempt, feedback } from '../../state/feedback.svelte';
import { Resource } from '../../state/resource.svelte';
import { territories } from '../../state/territories.svelte';
import { view } from '../../state/view.svelte';
import { told } from './told';

export type Tool = 'select' | 'polygon' | 'lasso' | 'blocks' | 'codes' | 'reach' | 'vertices';
export type LassoMode = 'replace' | 'add' | 'remove';
type Caught = LassoCatch['locations'][number];

/** Where changes go when they are not to hold at once: a scenario. */
export interface Branch {
  /** What the shape under the pen holds. */
  readonly gains: Pick<Totals, 'accounts' | 'prospects' | 'revenue' | 'visit_hours'> | undefined;
  /** Only the caught names count, not their ground. */
  readonly byName: boolean;
  /** The border of a territory as it would be. */
  shape(id: Id | null): Area | null;
  /** A tool was taken in hand. */
  begin(): void;
  ask(): void;
  apply(): Promise<boolean>;
  /** Everything is laid down; `done`: because it was applied. */
  drop(done: boolean): void;
}

class Editing {
  branch = $state.raw<Branch | null>(null);
  /** What the lassos went round, all of them; null once one took something away again. */
  ground = $state.raw<Area | null>(null);
  tool = $state<Tool>('select');
  /** The shape drawn, picked or reached so far. */
  area = $state.raw<Area | null>(null);
  /** Where the drawn line crosses itself. */
  crossing = $state.raw<[number, number] | null>(null);
  /** The shape is what can be reached in time: kept as such, not as a border. */
  reached = $state.raw<ReachOf | null>(null);
  /** The territory is made of the blocks with these codes; some of them may have no shape. */
  codes = $state.raw<string[]>([]);
  /** Customers in the lasso. */
  caught = $state.raw<Map<Id, Caught>>(new Map());
  lassoMode = $state<LassoMode>('replace');
  /** The territory whose border is edited, or that is to take the caught customers; null makes a new one. */
  target = $state<Id | null>(null);
  /** The caught customers make a territory of their own. */
  fresh = $state(false);
  name = $state('');
  owner = $state<Id | null>(null);
  busy = $state(false);
  /** The shape is closed: the card may be confirmed. */
  closed = $state(false);
  readonly preview = new Resource<Preview>();

  /** Whether the card has something to show. */
  get open(): boolean {
    return this.area !== null || this.caught.size > 0 || this.codes.length > 0 || (this.branch !== null && this.tool === 'codes' && this.closed);
  }

  /** Before and after of one territory, while something is being prepared. */
  side(id: Id | null): PreviewSide | undefined {
    return this.open ? this.preview.value?.sides.find((side) => side.territory_id === id) : undefined;
  }

  /** Takes a tool in hand; the one before leaves nothing behind. */
  take(tool: Tool, target: Id | null = null): void {
    this.drop();
    this.tool = tool;
    this.target = target;
    // The drawer would lie over what is about to be drawn on.
    if (tool !== 'select') this.branch?.begin();
    if (tool !== 'select' && view.selection) view.go({ selection: null });
    if (tool !== 'select' && layout.phone) layout.sheet = 'peek';
    if (tool === 'polygon' || tool === 'lasso') this.#draw(tool);
    if (tool === 'vertices') {
      const shape = this.branch ? this.branch.shape(target) : territories.find(target)?.geometry;
      if (!shape) return this.take('select');
      // The card is there from the start: it must not arrive under the hand that drags a corner.
      this.area = shape;
      this.closed = true;
      stage.startDrawing({
        mode: 'edit', area: shape,
        changed: (area, crossing) => this.#changed(area, crossing),
        finished: (area) => this.shape(area),
        cancelled: () => this.take('select'),
      });
      void stage.reveal(box([shape]));
      this.ask();
    }
  }

  /** Lays everything down. */
  drop(done = false): void {
    stage.stopDrawing();
    this.tool = 'select';
    this.area = null;
    this.reached = null;
    this.codes = [];
    this.crossing = null;
    this.caught = new Map();
    this.ground = null;
    this.lassoMode = 'replace';
    this.target = null;
    this.fresh = false;
    this.name = '';
    this.owner = null;
    this.closed = false;
    this.preview.clear();
    this.branch?.drop(done);
    stage.draw('shape', []);
    stage.draw('marks', []);
  }

  /** A closed shape from any tool. */
  shape(area: Area | null): void {
    this.area = area;
    this.closed = area !== null;
    this.crossing = null;
    if (this.tool !== 'vertices') stage.draw('shape', area ? [feature(area, {})] : []);
    // Who picks municipalities on the map is not to have it moved below the hand.
    if (this.tool !== 'blocks') void stage.reveal(box([area]));
    this.ask();
  }

  /** Reach: everything within so many minutes by car of a place. */
  async reach(from: ReachOf): Promise<void> {
    const found = await attempt(() => isochrone(from.lng, from.lat, from.minutes));
    const geometry = found?.geometry;
    if (geometry?.type !== 'Polygon' && geometry?.type !== 'MultiPolygon') return;
    this.reached = from;
    this.shape(geometry);
  }

  /** Blocks from a list of codes. */
  blocks(list: string[], area: Area | null): void {
    this.codes = list;
    this.area = area;
    this.closed = list.length > 0;
    stage.draw('shape', area ? [feature(area, {})] : []);
    if (area) void stage.reveal(box([area]));
    this.ask();
  }

  /** Another lasso on top of what is caught. */
  again(mode: LassoMode): void {
    this.lassoMode = mode;
    if (!stage.drawing) this.#draw('lasso');
  }

  setTarget(target: Id | null, fresh = false): void {
    this.target = target;
    this.fresh = fresh;
    this.ask();
  }

  /** Asks what the prepared change would do, on both sides. */
  ask(): void {
    if (this.branch) return this.branch.ask();
    const { target } = this;
    if (this.caught.size > 0) {
      const ids = [...this.caught.keys()];
      if (target || this.fresh) void this.preview.load((signal) => api.preview({ territory_id: target, owner_id: this.owner || null, location_ids: ids }, signal));
      else this.preview.clear();
      return;
    }
    const making = this.#making();
    if (making) void this.preview.load((signal) => api.preview({ territory_id: target, owner_id: this.owner || null, ...making }, signal));
    else this.preview.clear();
  }

  /** What the territory is to be made of. */
  #making(): { geometry: Area } | { codes: string[] } | { reach: ReachOf } | null {
    if (this.codes.length > 0) return { codes: this.codes };
    if (this.reached) return { reach: this.reached };
    return this.area ? { geometry: this.area } : null;
  }

  /** Does it. Afterwards the toast can undo it. */
  async apply(): Promise<void> {
    if (this.busy || this.crossing) return;
    this.busy = true;
    const { branch } = this;
    const done = branch ? await branch.apply() : await attempt(() => (this.caught.size > 0 ? this.#move() : this.#border()));
    this.busy = false;
    if (!done) return;
    this.drop(true);
    if (!branch) await territories.refresh();
  }

  async #move(): Promise<boolean> {
    if (this.fresh) return this.#make({ location_ids: [...this.caught.keys()] });
    if (!this.target) return false;
    const result = await api.take(this.target, [...this.caught.keys()]);
    const name = territories.find(this.target)?.name ?? '';
    feedback.done(result.change_set ? told(t('terr.done.taken', { n: result.moved, name }), result) : t('terr.done.hadThem', { name }), result.change_set);
    return true;
  }

  async #border(): Promise<boolean> {
    const making = this.#making();
    const { target } = this;
    if (!making) return false;
    if (!target) return this.#make(making);
    const result = 'codes' in making ? await api.setCodes(target, making.codes)
      : 'reach' in making ? await api.setReach(target, making.reach)
      : await api.reshape(target, making.geometry);
    const { name } = result.territory;
    feedback.done(result.change_set ? told(t('terr.done.reshaped', { name, n: result.moved }), result) : t('terr.done.asBefore', { name }), result.change_set);
    return true;
  }

  async #make(of: Exclude<api.Making, { is_group: true }>): Promise<boolean> {
    const name = this.name.trim();
    if (!name) return false;
    const result = await api.draw({ name, ...of, ...(this.owner ? { owner_id: this.owner } : {}) });
    feedback.done(told(t('terr.done.drawn', { name, n: result.moved }), result), result.change_set);
    feedback.opened(result.change_set, result.territory.id);
    view.go({ selection: { kind: 'territory', id: result.territory.id } });
    return true;
  }

  #draw(mode: 'polygon' | 'lasso'): void {
    this.tool = mode;
    stage.startDrawing({
      mode,
      changed: (area, crossing) => this.#changed(area, crossing),
      finished: (area) => (mode === 'lasso' ? void this.#catch(area) : this.shape(area)),
      cancelled: () => this.take('select'),
    });
  }

  #changed(area: Area, crossing: [number, number] | null): void {
    this.crossing = crossing;
    if (crossing || this.tool === 'lasso') return;
    this.area = area;
    this.ask();
  }

  /** What the lasso holds is asked from the index, never read off the screen. */
  async #catch(area: Area): Promise<void> {
    if (this.branch) {
      // Ground can be added to but not cut out of here: after a take-away only the names count.
      const before = this.ground;
      const names = this.lassoMode === 'remove' || (this.lassoMode === 'add' && !before);
      this.ground = names ? null : this.lassoMode === 'add' && before ? together([before, area]) : area;
      this.area = this.ground;
      stage.draw('shape', [feature(this.ground ?? area, {})]);
      // Both sides are asked for at once, not only when the names are there.
      this.closed = !names;
      if (!names) this.ask();
    }
    const found = await attempt(() => api.lasso(area));
    if (!found) return this.take('lasso', this.target);
    const caught = this.lassoMode === 'replace' ? new Map<Id, Caught>() : new Map(this.caught);
    for (const one of found.locations) {
      if (this.lassoMode === 'remove') caught.delete(one.location_id);
      else caught.set(one.location_id, one);
    }
    this.caught = caught;
    this.closed = true;
    stage.draw('shape', [feature(this.ground ?? area, {})]);
    void stage.reveal(box([area]));
    feedback.say(t('card.caught', { n: caught.size }));
    if (!this.branch || !this.ground || this.branch.byName) this.ask();
  }
}

export const editing = new Editing();
