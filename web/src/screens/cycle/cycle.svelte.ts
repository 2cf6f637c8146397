// The cycle that is looked at: which one, what is chosen in it, its routes, and everything that changes it.
import { SvelteSet } from 'svelte/reactivity';
import * as api from '../../api/cycles';
import type { Cell, Cycle, CycleHead, CyclePerson, CycleStop, Effort, Move, Price, WhatIf, Wish } from '../../api/cycles';
import { Problem } from '../../api/client';
import { job as jobNow } from '../../api/admin';
import type { Id, Job, Plan } from '../../api/types';
import { localDate } from '../../i18n/format';
import { t } from '../../i18n/index.svelte';
import { attempt, feedback } from '../../state/feedback.svelte';
import { Resource } from '../../state/resource.svelte';
import { session } from '../../state/session.svelte';
import { view } from '../../state/view.svelte';
import { cellKey, findCell, parseCellKey, signature } from './grid';

/** A visit on its way to another day: where it would land and what that costs. */
export interface Carried { user: Id; day: string; stop: CycleStop; over: { user: Id; day: string } | null; price: Price | Problem | 'asking' | null; x: number; y: number }

const SECOND = 1000; // milliseconds
/** How many days' roads are asked for at once. */
const AT_ONCE = 2;

class CycleScreenState {
  readonly heads = new Resource<CycleHead[]>();
  readonly shown = new Resource<Cycle>();
  /** The cell under the pointer or the focus. */
  hovered = $state.raw<{ user: Id; day: string } | null>(null);
  /** The chosen place among the stops of the chosen cell. */
  place = $state<Id | null>(null);
  /** The reason whose left-out visits are listed. */
  reason = $state<string | null>(null);
  /** Whose days are unfolded on a phone. */
  readonly unfolded = new SvelteSet<Id>();
  carried = $state.raw<Carried | null>(null);
  /** A visit for which another day is being chosen from a list. */
  moving = $state.raw<{ user: Id; day: string; stop: CycleStop } | null>(null);
  busy = $state(false);
  /** The job that writes the accepted plan. */
  accepting = $state.raw<Job | null>(null);
  /** Why the roads of the day looked at did not come. */
  roadFault = $state.raw<unknown>(null);
  #plans = $state.raw<ReadonlyMap<string, Plan>>(new Map());
  #asked = new Map<string, AbortController>();
  #queue: { key: string; day: string; user: Id; signature: string }[] = [];
  #poll = 0;
  /** How long the last answer took, in milliseconds. */
  #took = 0;

  get value(): Cycle | null { return this.shown.value ?? null; }
  /** Whether this person may plan, and not only look at the own row. */
  get mayPlan(): boolean { return view.asOf === null && (session.role === 'manager' || session.role === 'admin'); }
  get editable(): boolean { return this.mayPlan && this.value?.state === 'ready'; }

  /** The cell whose stops are open, by the address. */
  get chosen(): { person: CyclePerson; cell: Cell } | null {
    const at = parseCellKey(view.extra('cell'));
    return at ? findCell(this.value, at.user, at.day) : null;
  }

  get looked(): { person: CyclePerson; cell: Cell } | null {
    const at = this.hovered;
    return (at && findCell(this.value, at.user, at.day)) ?? this.chosen ?? this.#first;
  }

  /** Somebody's first day with visits, so that the map has something to show from the start. */
  get #first(): { person: CyclePerson; cell: Cell } | null {
    for (const person of this.value?.rows ?? []) {
      const cell = person.cells.find((one) => one.stops.length > 0 && one.day >= session.now.today);
      if (cell) return { person, cell };
    }
    return null;
  }

  // --- loading --------------------------------------------------------------------------------

  async load(id: Id | null): Promise<void> {
    // Another one was asked for: what stands on the screen is not it.
    if (id !== null && this.value?.id !== id) this.#forget();
    await this.heads.load((signal) => api.cycles(signal));
    // Without a choice the newest plan; a comparison is one of somebody's questions, not the plan.
    const wanted = id ?? (this.heads.value?.find((one) => one.parent_id === null) ?? this.heads.value?.[0])?.id ?? null;
    if (this.value?.id !== wanted) this.#forget();
    if (wanted === null) return;
    await this.#fetch(wanted);
    this.#follow();
  }

  async reload(): Promise<void> {
    await this.load(this.value?.id ?? view.argument);
  }

  /** Asks again as long as the planner is at work, never faster than the answers come. */
  #follow(): void {
    clearTimeout(this.#poll);
    const { value } = this;
    if (value?.state !== 'planning') return;
    this.#poll = window.setTimeout(async () => {
      await this.#fetch(value.id);
      if (this.value?.id !== value.id) return;
      if (this.value.state !== 'planning') {
        feedback.say(this.value.state === 'failed' ? (this.value.message ?? t('cycle.failed')) : t('cycle.said.planned', { met: this.value.met, asked: this.value.asked }));
        void this.heads.load((signal) => api.cycles(signal));
      }
      this.#follow();
    }, Math.max(SECOND, Math.min(5 * SECOND, 3 * this.#took)));
  }

  async #fetch(id: Id): Promise<void> {
    const began = Date.now();
    await this.shown.load((signal) => api.cycle(id, signal));
    this.#took = Date.now() - began;
  }

  /** The screen is left: what is under way is stopped. */
  leave(): void {
    clearTimeout(this.#poll);
    this.#forget();
  }

  #forget(): void {
    this.#leave();
    this.shown.clear();
  }

  #stopRoads(): void {
    for (const controller of this.#asked.values()) controller.abort();
    this.#asked.clear();
    this.#queue = [];
  }

  #leave(): void {
    this.#stopRoads();
    this.#plans = new Map();
    this.hovered = null;
    this.place = null;
    this.carried = null;
    this.moving = null;
    this.reason = null;
    this.undoMove = null;
  }

  // --- choosing -------------------------------------------------------------------------------

  choose(user: Id, day: string): void {
    this.place = null;
    this.unfolded.add(user);
    view.keep('cell', cellKey(user, day));
  }

  close(): void {
    this.place = null;
    view.keep('cell', null);
  }

  open(id: Id | null): void {
    view.go({ screen: 'cycle', argument: id, extra: {} });
  }

  // --- roads ----------------------------------------------------------------------------------

  #key(user: Id, cell: Cell): string {
    return `${this.value?.id ?? ''} ${cellKey(user, cell.day)} ${signature(cell)}`;
  }

  /** The day plan of a cell, if its roads have come. */
  plan(user: Id, cell: Cell): Plan | undefined {
    return this.#plans.get(this.#key(user, cell));
  }

  /** Asks for the roads of cells, the first first; what is still waiting from before is forgotten. */
  wantRoads(cells: { user: Id; cell: Cell }[]): void {
    this.#queue = cells.filter(({ cell }) => cell.stops.length > 0).map(({ user, cell }) => ({ key: this.#key(user, cell), day: cell.day, user, signature: signature(cell) }))
      .filter(({ key }) => !this.#plans.has(key) && !this.#asked.has(key));
    this.#pull();
  }

  #pull(): void {
    const id = this.value?.id;
    while (id && this.#asked.size < AT_ONCE) {
      const next = this.#queue.shift();
      if (!next) return;
      const controller = new AbortController();
      this.#asked.set(next.key, controller);
      void api.day(id, next.day, next.user, controller.signal).then(
        (plan) => {
          this.#plans = new Map(this.#plans).set(next.key, plan);
          this.roadFault = null;
        },
        (fault: unknown) => {
          // The straight lines stay; the map says why.
          if (!controller.signal.aborted) this.roadFault = fault;
        },
      ).finally(() => {
        if (this.#asked.get(next.key) === controller) this.#asked.delete(next.key);
        if (!controller.signal.aborted) this.#pull();
      });
    }
  }

  // --- changing -------------------------------------------------------------------------------

  async #change(act: () => Promise<Cycle>): Promise<Cycle | null> {
    this.busy = true;
    const changed = await attempt(act);
    this.busy = false;
    if (!changed) return null;
    if (changed.id === this.value?.id) this.shown.take(changed);
    else {
      this.#leave();
      this.shown.replace(changed);
    }
    this.#follow();
    return changed;
  }

  async make(wish: Wish): Promise<boolean> {
    const made = await this.#change(() => api.plan(wish));
    if (made) this.open(made.id);
    return made !== null;
  }

  async stop(): Promise<void> {
    const { value } = this;
    if (value) await this.#change(() => api.stop(value.id));
  }

  async improve(effort: Effort): Promise<void> {
    const { value } = this;
    if (value) await this.#change(() => api.improve(value.id, effort));
  }

  async move(wish: Move, name: string): Promise<boolean> {
    const { value } = this;
    if (!value) return false;
    const held = findCell(value, wish.user_id, wish.day)?.cell.stops.find((stop) => stop.location_id === wish.location_id)?.fixed ?? false;
    const changed = await this.#change(() => api.move(value.id, wish));
    if (!changed) return false;
    const back = { user_id: wish.to_user_id ?? wish.user_id, location_id: wish.location_id, day: wish.to_day, to_day: wish.day, ...(wish.to_user_id ? { to_user_id: wish.user_id } : {}) };
    this.undoMove = { text: t('cycle.said.moved', { name, day: localDate(wish.to_day) }), wish: back, name, held };
    feedback.say(this.undoMove.text);
    return true;
  }

  /** The last move by hand, to be taken back; `held`: the visit was fixed before already. */
  undoMove = $state.raw<{ text: string; wish: Move; name: string; held: boolean } | null>(null);

  async takeBack(): Promise<void> {
    const last = this.undoMove;
    const { value } = this;
    if (!last || !value) return;
    this.undoMove = null;
    if (!(await this.#change(() => api.move(value.id, last.wish)))) return;
    if (!last.held) await this.#change(() => api.free(value.id, { user_id: last.wish.to_user_id ?? last.wish.user_id, location_id: last.wish.location_id, day: last.wish.to_day }));
    feedback.say(t('cycle.said.back', { name: last.name }));
  }

  async free(user: Id, stop: CycleStop, day: string): Promise<void> {
    const { value } = this;
    if (value && (await this.#change(() => api.free(value.id, { user_id: user, location_id: stop.location_id, day })))) feedback.say(t('cycle.said.freed', { name: stop.name }));
  }

  async ask(question: WhatIf): Promise<boolean> {
    const { value } = this;
    if (!value) return false;
    const made = await this.#change(() => api.whatIf(value.id, question));
    if (made) this.open(made.id);
    return made !== null;
  }

  async remove(): Promise<void> {
    const { value } = this;
    if (!value) return;
    this.busy = true;
    // Of what is gone no roads can be asked for.
    this.#stopRoads();
    const gone = await attempt(async () => { await api.remove(value.id); return true; });
    this.busy = false;
    if (gone) this.open(value.parent_id);
  }

  /** Writes the plan into visits and calendars; the job is followed to its end. */
  async accept(): Promise<void> {
    const { value } = this;
    if (!value) return;
    this.busy = true;
    this.accepting = (await attempt(() => api.accept(value.id))) ?? null;
    this.busy = false;
    while (this.accepting && (this.accepting.state === 'queued' || this.accepting.state === 'running')) {
      const { id } = this.accepting;
      await new Promise((done) => setTimeout(done, 700));
      const next = await attempt(() => jobNow(id));
      // Not reached: the job goes on by itself and stands in the tray.
      if (!next) { this.accepting = null; return; }
      this.accepting = next;
    }
    const job = this.accepting;
    this.accepting = null;
    if (!job) return;
    if (job.state !== 'done') {
      feedback.failed(new Error(job.message || t('cycle.acceptFailed')));
      return;
    }
    const result = (job.result ?? {}) as { change_set?: Id; visits?: number; moved?: number };
    feedback.done(t('cycle.said.accepted', { n: result.visits ?? 0, moved: result.moved ?? 0 }), result.change_set ?? null);
    await this.reload();
  }

  // --- prices ---------------------------------------------------------------------------------

  price(wish: Move, signal?: AbortSignal): Promise<Price> {
    const { value } = this;
    if (!value) throw new Error('no cycle: a price is asked for within one');
    return api.price(value.id, wish, signal);
  }
}

export const cycle = new CycleScreenState();
