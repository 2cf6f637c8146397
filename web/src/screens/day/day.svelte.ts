// The rep's day: the plan, what is chosen in it, what is about to change, and which moment of the day it is.
import * as api from '../../api/days';
import type { ReplanWish } from '../../api/days';
import type { Day, Id, Plan, Replanned, Stop } from '../../api/types';
import { clock } from '../../i18n/format';
import { t } from '../../i18n/index.svelte';
import { attempt, feedback } from '../../state/feedback.svelte';
import { Resource } from '../../state/resource.svelte';

/** What the one big button does now. */
export type Moment = 'plan' | 'accept' | 'drive' | 'checkIn' | 'report' | 'done';

class DayState {
  readonly day = new Resource<Day>();
  /** The newest plan: the stored one, or a draft made from it. */
  plan = $state.raw<Plan | null>(null);
  /** A proposed change to be accepted or not: being late, adding a visit. */
  proposal = $state.raw<Replanned | null>(null);
  chosen = $state<Id | null>(null);
  lit = $state<number | null>(null);
  busy = $state(false);
  drivingTo = $state<Id | null>(null);
  checkingIn = $state(false);
  reporting = $state(false);
  /** Whether the server has said what is planned for the shown day. */
  known = $state(false);
  #date = '';
  #user: Id | null = null;

  get date(): string { return this.#date; }

  async load(date: string, user: Id | null): Promise<void> {
    if (date !== this.#date || user !== this.#user) {
      this.plan = null;
      this.known = false;
      this.proposal = null;
      this.chosen = null;
      this.drivingTo = null;
    }
    this.#date = date;
    this.#user = user;
    await this.day.load((signal) => api.day(date, user, signal));
    const stored = this.day.value?.plan ?? null;
    // Another day was asked for meanwhile.
    if (date !== this.#date || user !== this.#user) return;
    this.known = this.day.value?.date === date;
    // A draft on the screen stays until it is accepted or planned anew.
    if (this.day.value?.date === date && !(this.plan && this.plan.status === 'draft' && stored?.id !== this.plan.id)) this.plan = stored;
  }

  async reload(): Promise<void> {
    if (this.#date) await this.load(this.#date, this.#user);
  }

  stop(visit: Id | null): Stop | undefined {
    return this.plan?.stops.find((stop) => stop.visit_id === visit);
  }

  get next(): Stop | undefined {
    return this.plan?.stops.find((stop) => stop.status !== 'done' && stop.status !== 'missed' && stop.status !== 'cancelled');
  }

  get moment(): Moment {
    const { plan, next } = this;
    if (!plan) return 'plan';
    if (plan.status === 'draft') return 'accept';
    if (!next) return 'done';
    if (next.check_in) return 'report';
    return this.drivingTo === next.visit_id ? 'checkIn' : 'drive';
  }

  /** Plans the day. What somebody fixed by hand is kept: then the new plan is a proposal to the old one. */
  async make(): Promise<void> {
    if (this.plan?.stops.some((stop) => stop.locked.time || stop.locked.order || stop.locked.day)) return this.propose({});
    this.busy = true;
    const plan = await attempt(() => api.plan(this.#date, this.#user));
    this.busy = false;
    if (!plan) return;
    this.plan = plan;
    this.proposal = null;
    feedback.say(t('day.said.planned', { n: plan.stops.length, left: plan.left_out.length }));
    void this.reload();
  }

  async accept(): Promise<void> {
    const { plan } = this;
    if (!plan) return;
    this.busy = true;
    const done = await attempt(() => api.accept(plan.id));
    this.busy = false;
    if (!done) return;
    this.plan = done.plan;
    feedback.done(t('day.said.accepted', { n: done.plan.stops.length }), done.change_set);
    void this.reload();
  }

  /** Plans again with a wish and shows the result at once. */
  async change(wish: ReplanWish, said: string): Promise<void> {
    const { plan } = this;
    if (!plan) return;
    this.busy = true;
    const result = await attempt(() => api.replan(plan.id, wish));
    this.busy = false;
    if (!result) return;
    this.plan = result.plan;
    feedback.say(said);
  }

  /** Plans again with a wish and shows the difference before anything is taken over. */
  async propose(wish: ReplanWish): Promise<void> {
    const { plan } = this;
    if (!plan) return;
    this.busy = true;
    this.proposal = (await attempt(() => api.replan(plan.id, wish))) ?? null;
    this.busy = false;
  }

  /** Takes a proposal over; an accepted day stays accepted. */
  async takeProposal(): Promise<void> {
    const { proposal, plan } = this;
    if (!proposal) return;
    const wasAccepted = plan?.status === 'accepted';
    this.plan = proposal.plan;
    this.proposal = null;
    if (wasAccepted) await this.accept();
  }

  async move(visit: Id, to: number): Promise<void> {
    const { plan } = this;
    if (!plan || to < 1 || to > plan.stops.length) return;
    this.busy = true;
    const result = await attempt(() => api.move(plan.id, visit, to));
    this.busy = false;
    if (!result) return;
    this.plan = result.plan;
    const moved = result.plan.stops.find((stop) => stop.visit_id === visit);
    if (moved) feedback.say(t('day.said.moved', { name: moved.name, at: moved.seq, time: clock(moved.arrive) }));
  }

  async toggleLock(stop: Stop, part: 'time' | 'order'): Promise<void> {
    const locked = { time: stop.locked.time, order: stop.locked.order, [part]: !stop.locked[part] };
    const name = stop.name;
    if (!locked.time && !locked.order) await this.change({ unlock: [stop.visit_id] }, t('day.said.unlocked', { name }));
    else await this.change({ lock: [{ visit_id: stop.visit_id, time: locked.time, order: locked.order }] }, t('day.said.locked', { name }));
  }

  async checkIn(at: { lng?: number; lat?: number; accuracy_m?: number }): Promise<void> {
    const stop = this.next;
    if (!stop) return;
    const done = await attempt(() => api.checkIn(stop.visit_id, at));
    this.checkingIn = false;
    if (!done) return;
    feedback.done(t('day.said.checkedIn', { name: stop.name }), done.change_set);
    this.drivingTo = null;
    await this.reload();
  }

  async report(visit: Id, body: { outcome: string; note: string; next_date?: string }): Promise<boolean> {
    const name = this.stop(visit)?.name ?? '';
    const done = await attempt(() => api.report(visit, body));
    if (!done) return false;
    this.reporting = false;
    feedback.done(t('day.said.reported', { name }), done.change_set);
    await this.reload();
    return true;
  }
}

export const today = new DayState();
