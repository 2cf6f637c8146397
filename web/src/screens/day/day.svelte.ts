// The rep's day: the plan, what is chosen in it, what is about to change, and which moment of the day it is.
import * as api from '../../api/days';
import type { ReplanWish } from '../../api/days';
import type { Day, Id, Plan, Replanned, Stop } from '../../api/types';
import { Problem } from '../../api/client';
import { change, read } from '../../api/records';
import { addDays, clock, weekdayOf } from '../../i18n/format';
import { t } from '../../i18n/index.svelte';
import { attempt, feedback } from '../../state/feedback.svelte';
import { Resource } from '../../state/resource.svelte';

const SATURDAY = 5;
const SUNDAY = 6;

/** What the one big button does now. */
export type Moment = 'plan' | 'accept' | 'drive' | 'checkIn' | 'report' | 'done';

class DayState {
  readonly day = new Resource<Day>();
  /** The newest plan: the stored one, or a draft made from it. */
  plan = $state.raw<Plan | null>(null);
  /** A proposed change to be accepted or not: being late, adding a visit. */
  proposal = $state.raw<Replanned | null>(null);
  /** How often one was asked for. */
  #wished = 0;
  chosen = $state<Id | null>(null);
  lit = $state<number | null>(null);
  busy = $state(false);
  /** Where the rep has just set out for, until the server has taken note of it. */
  drivingTo = $state<Id | null>(null);
  checkingIn = $state(false);
  reporting = $state(false);
  settingHours = $state(false);
  /** Whether the server has said what is planned for the shown day. */
  known = $state(false);
  #settingOut: Promise<void> = Promise.resolve();
  #asked = 0;
  #date = '';
  #user: Id | null = null;

  get date(): string { return this.#date; }

  async load(date: string, user: Id | null): Promise<void> {
    if (date !== this.#date || user !== this.#user) {
      // What is on its way for the day that is left is not this one's.
      this.#wished += 1;
      this.busy = false;
      this.plan = null;
      this.known = false;
      this.proposal = null;
      this.chosen = null;
      this.drivingTo = null;
    }
    this.#date = date;
    this.#user = user;
    this.#asked += 1;
    const asked = this.#asked;
    await this.day.load((signal) => api.day(date, user, signal));
    // It was asked again meanwhile: what is there now is older than what is shown.
    if (asked !== this.#asked) return;
    const stored = this.day.value?.plan ?? null;
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
    return next.status === 'en_route' || this.drivingTo === next.visit_id ? 'checkIn' : 'drive';
  }

  /** Tells later whether the same day is still shown. */
  #here(): () => boolean {
    const [date, user] = [this.#date, this.#user];
    return () => date === this.#date && user === this.#user;
  }

  /** Plans the day. What somebody fixed by hand is kept: then the new plan is a proposal to the old one. */
  async make(): Promise<void> {
    if (this.plan?.stops.some((stop) => stop.locked.time || stop.locked.order || stop.locked.day)) return this.propose({});
    this.busy = true;
    const here = this.#here();
    let plan: Plan;
    try {
      plan = await api.plan(this.#date, this.#user);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      const hours = problem.code === 'no-working-hours' || problem.code === 'no-home';
      feedback.failed(problem, hours ? { label: t('hours.open'), act: () => (this.settingHours = true) } : null);
      return;
    } finally {
      if (here()) this.busy = false;
    }
    if (!here()) return;
    this.plan = plan;
    this.proposal = null;
    feedback.say(t('day.said.planned', { n: plan.stops.length, left: plan.left_out.length }));
    void this.reload();
  }

  async accept(plan = this.plan): Promise<void> {
    if (!plan) return;
    this.busy = true;
    const here = this.#here();
    const done = await attempt(() => api.accept(plan.id));
    if (here()) this.busy = false;
    if (!done) return;
    feedback.done(t('day.said.accepted', { n: done.plan.stops.length }), done.change_set);
    if (!here()) return;
    this.plan = done.plan;
    this.proposal = null;
    void this.reload();
  }

  /** Plans again with a wish and shows the result at once. */
  async change(wish: ReplanWish, said: string): Promise<void> {
    const { plan } = this;
    if (!plan) return;
    this.busy = true;
    const here = this.#here();
    const result = await attempt(() => api.replan(plan.id, wish));
    if (!here()) return;
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
    const wished = (this.#wished += 1);
    const proposal = (await attempt(() => api.replan(plan.id, { ...wish, proposal: true }))) ?? null;
    // Asked again, or the old plan kept, meanwhile: this answer comes too late.
    if (wished !== this.#wished) return;
    this.proposal = proposal;
    this.busy = false;
  }

  /** Leaves a proposal, and one that is still on its way. */
  keepOld(): void {
    this.#wished += 1;
    this.proposal = null;
    this.busy = false;
  }

  /** Takes a proposal over; an accepted day stays accepted. */
  async takeProposal(): Promise<void> {
    const { proposal, plan } = this;
    if (!proposal) return;
    if (plan?.status === 'accepted') return this.accept(proposal.plan);
    this.busy = true;
    const here = this.#here();
    const taken = await attempt(() => api.take(proposal.plan.id));
    if (!here()) return;
    this.busy = false;
    if (!taken) return;
    this.plan = taken;
    this.proposal = null;
  }

  async move(visit: Id, to: number): Promise<void> {
    const { plan } = this;
    if (!plan || to < 1 || to > plan.stops.length) return;
    this.busy = true;
    const here = this.#here();
    const result = await attempt(() => api.move(plan.id, visit, to));
    if (!here()) return;
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

  /** Notes that the rep is on the way to a stop, so that another page or device knows it too. */
  setOut(stop: Stop): Promise<void> {
    this.drivingTo = stop.visit_id;
    this.#settingOut = this.#noteWay(stop);
    return this.#settingOut;
  }

  async #noteWay(stop: Stop): Promise<void> {
    const noted = await attempt(async () => {
      for (const other of this.plan?.stops ?? []) {
        if (other.status === 'en_route' && other.visit_id !== stop.visit_id) await setStatus(other.visit_id, other.promised_at ? 'confirmed' : 'planned');
      }
      await setStatus(stop.visit_id, 'en_route');
      return true;
    });
    if (noted) await this.reload();
  }

  async checkIn(at: { lng?: number; lat?: number; accuracy_m?: number }): Promise<void> {
    const stop = this.next;
    if (!stop) return;
    // Being on the way is written before being there.
    await this.#settingOut;
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

  /** The first working day of whose day it is, from a date on: a shift, nobody away, and no Sunday. */
  async workingDay(from: string): Promise<string> {
    for (let after = 0; after < 14; after += 1) {
      const date = addDays(from, after);
      if (weekdayOf(date) !== SUNDAY && await this.works(date)) return date;
    }
    return from;
  }

  /** Whether there are working hours on a date. */
  async works(date: string): Promise<boolean> {
    try {
      const { shift, absent } = await api.day(date, this.#user);
      return shift !== null && absent === null;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      // Without a line to the server the working week is the usual one.
      return weekdayOf(date) < SATURDAY;
    }
  }
}

async function setStatus(visit: Id, status: string): Promise<void> {
  const { version, fields } = await read('visits', visit);
  if (fields['status'] !== status) await change('visits', visit, version, { status });
}

export const today = new DayState();
