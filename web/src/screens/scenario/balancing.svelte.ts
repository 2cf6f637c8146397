// A balance under way: asked for, watched while it gets better, stopped, kept as one step, or put to a question that can be met.
import * as api from '../../api/scenarios';
import type { Balance, BalanceWish, LayoutTerritory } from '../../api/scenarios';
import type { Id } from '../../api/types';
import { t } from '../../i18n/index.svelte';
import { box } from '../../map/geometry';
import { attempt, feedback } from '../../state/feedback.svelte';
import { scenario } from './scenario.svelte';

const SECOND = 1000; // milliseconds

class Balancing {
  value = $state.raw<Balance | null>(null);
  busy = $state(false);
  #poll = 0;

  async start(wish: BalanceWish): Promise<boolean> {
    const { id } = scenario;
    if (!id) return false;
    this.busy = true;
    const made = await attempt(() => api.balance(id, wish));
    this.busy = false;
    if (!made) return false;
    this.#take(made);
    return true;
  }

  #take(next: Balance | null): void {
    clearTimeout(this.#poll);
    const before = this.value;
    this.value = next;
    scenario.trial = next?.result ?? null;
    if (!next) return;
    if (next.state === 'running') this.#poll = window.setTimeout(() => void this.#ask(next), SECOND);
    else if (before?.id === next.id && before.state === 'running') feedback.say(next.message ?? t('scen.balance.ready'));
  }

  async #ask(of: Balance): Promise<void> {
    const next = await attempt(() => api.balanceNow(of.scenario_id, of.id));
    if (this.value?.id !== of.id) return;
    // Not reached: asked again, the job goes on by itself.
    this.#take(next ?? of);
  }

  async stop(): Promise<void> {
    const { value } = this;
    const next = value && (await attempt(() => api.stopBalance(value.scenario_id, value.id)));
    if (next) this.#take(next);
  }

  async keep(): Promise<void> {
    const { value } = this;
    if (!value) return;
    this.busy = true;
    const done = await attempt(() => api.keepBalance(value.scenario_id, value.id));
    this.busy = false;
    if (!done) return;
    feedback.done(done.operation.title, done.change_set);
    scenario.shown.value = done.scenario;
    await scenario.load(value.scenario_id);
    this.#take(null);
  }

  async drop(): Promise<void> {
    const { value } = this;
    this.#take(null);
    if (value && value.state !== 'kept') await attempt(() => api.dropBalance(value.scenario_id, value.id));
  }

  /** The same question with the range that cannot be met made wider. */
  async relax(): Promise<void> {
    const { value } = this;
    if (!value?.relax) return;
    const wish = relaxed(value.question, value.relax);
    await this.drop();
    await this.start(wish);
  }

  /** The screen is left; the job goes on and stands in the list of jobs. */
  leave(): void {
    this.#take(null);
  }
}

/** A question with one of its ranges replaced. */
export function relaxed(wish: BalanceWish, to: NonNullable<Balance['relax']>): BalanceWish {
  const bounds = { ...(to.low === null ? {} : { low: to.low }), ...(to.high === null ? {} : { high: to.high }) };
  if (to.territory_id === null) {
    const others = (wish.ranges ?? []).filter((one) => one.measure !== to.measure || one.territory_id);
    const measures = wish.measures.map((one) => {
      if (one.measure !== to.measure) return one;
      const { low: _low, high: _high, ...rest } = one;
      return { ...rest, ...bounds };
    });
    const known = measures.some((one) => one.measure === to.measure);
    return { ...wish, measures, ranges: known ? others : [...others, { measure: to.measure, ...bounds }] };
  }
  const others = (wish.ranges ?? []).filter((one) => one.measure !== to.measure || one.territory_id !== to.territory_id);
  return { ...wish, ranges: [...others, { measure: to.measure, territory_id: to.territory_id, ...bounds }] };
}

/** The ring one most likely means: the chosen territory and those that touch its surroundings; all without a choice. */
export function ring(territories: LayoutTerritory[], chosen: Id | null): Id[] {
  const open = territories.filter((one) => !one.locked && one.geometry);
  const middle = open.find((one) => one.id === chosen);
  const around = middle ? box([middle.geometry]) : null;
  if (!middle || !around) return open.map((one) => one.id);
  const [west, south, east, north] = around;
  const near = open.filter((one) => {
    const other = one.line === middle.line ? box([one.geometry]) : null;
    return other !== null && other[0] <= east && other[2] >= west && other[1] <= north && other[3] >= south;
  });
  return near.map((one) => one.id);
}

export const balancing = new Balancing();
