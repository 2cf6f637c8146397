// A balance under way: asked for, watched while it gets better, stopped, kept as one step, or put to a question that can be met.
import * as api from '../../api/scenarios';
import type { Balance, BalanceWish } from '../../api/scenarios';
import { t } from '../../i18n/index.svelte';
import { attempt, feedback } from '../../state/feedback.svelte';
import { relaxed } from './ring';
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
    scenario.shown.take(done.scenario);
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

export const balancing = new Balancing();
