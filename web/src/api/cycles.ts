// Cycles: weeks of visits for a team, what moving one of them costs, what accepting them changes;
// slots for one more appointment; mileage.
import { download, get, post, request } from './client';
import type { Id, Job, Plan, Reason } from './types';

export type CycleStatus = 'planning' | 'ready' | 'failed' | 'accepted';
export type Effort = 'quick' | 'usual' | 'thorough';
export type DayKind = 'work' | 'off' | 'absent' | 'past' | 'today';

export interface CycleHead {
  id: Id; first_day: string; last_day: string; people: number; state: CycleStatus;
  /** Visits planned, of the visits the frequencies ask for. */
  met: number; asked: number;
  created_at: number; created_by: { id: Id; name: string } | null; parent_id: Id | null;
  /** The question this is the answer to, in words. */
  what: string | null; change_set: Id | null;
}
export interface CycleStop {
  location_id: Id; account_id: Id; name: string; address: string; lng: number; lat: number; class: string | null;
  arrive: number; start: number; depart: number; due_days: number | null;
  /** `fixed`: held there by hand; `stood`: it was planned for that day before. */
  promised: boolean; fixed: boolean; stood: boolean; reasons: Reason[];
}
export interface Cell {
  day: string; state: DayKind; shift: [number, number] | null;
  drive_s: number; visit_s: number; wait_s: number; overtime_s: number; meters: number;
  start: number; end: number; stops: CycleStop[];
}
export interface CyclePerson {
  user_id: Id; name: string; message: string | null; met: number; asked: number; drive_s: number; visit_s: number; meters: number;
  home: { lng: number; lat: number; label: string } | null;
  /** One per day, in the order of the cycle's days. */
  cells: Cell[];
}
export interface Unmet {
  user_id: Id; location_id: Id; account_id: Id; name: string; lng: number | null; lat: number | null; class: string | null;
  due_days: number | null; missing: number; reasons: Reason[]; price_minutes: number | null; displaces: string[];
  best: { day: string; minutes: number } | null;
}
export interface Compared {
  parent: { met: number; asked: number; drive_s: number; visit_s: number; meters: number };
  moved: number; kept: number; dropped: number; added: number;
  /** Promises asked about that cannot be kept, with the reason. */
  broken: string[];
}
export interface Cycle extends CycleHead {
  message: string | null; job: Job | null; steps: number; steps_done: number; seed: number; computing_ms: number; map_hash: string;
  days: string[];
  /** Share of the visits asked for that could at most still be met, 0 to 1. */
  gap: number | null;
  /** How it got better: milliseconds, visits met, seconds of driving. */
  curve: [number, number, number][];
  totals: { drive_s: number; visit_s: number; wait_s: number; meters: number; overtime_s: number };
  rows: CyclePerson[];
  unmet: Unmet[]; unmet_by_reason: { code: string; text: string; count: number }[];
  compared: Compared | null;
}
export interface Candidate { user_id: Id; name: string; message: string | null; customers: number; working_days: number }
export interface Wish { first_day?: string; weeks?: number; users?: Id[]; effort?: Effort; seed?: number }
/** One visit of one place on one day. */
export interface VisitAt { user_id: Id; location_id: Id; day: string }
export interface Move extends VisitAt { to_day: string; to_user_id?: Id }
export interface Price {
  /** Extra driving of both days together. */
  minutes: number;
  from: { user_id: Id; day: string; drive_s: number; end: number };
  to: { user_id: Id; day: string; drive_s: number; end: number; overtime_s: number };
  late: { name: string; minutes: number }[];
  /** Nobody is late and the day is not too long; it can be done all the same. */
  possible: boolean; sentence: string;
}
export type WhatIf =
  | { what: 'ill'; user_id: Id; from_day: string; to_day: string }
  | { what: 'one-more-rep'; name: string; lng: number; lat: number; like_user_id: Id }
  | { what: 'promise'; location_id: Id; day: string; time: string };
export interface Changes {
  new: number; moved: number; kept: number; released: number; promises: number; plans: number; sentence: string;
  /** The first 200. */
  moves: { name: string; from_day: string | null; to_day: string | null; user_id: Id }[];
}

const at = (id: Id) => `/api/v1/cycles/${id}`;
const now = (signal?: AbortSignal) => ({ dated: false, signal });

export const cycles = (signal?: AbortSignal) => get<{ cycles: CycleHead[] }>('/api/v1/cycles', now(signal)).then((answer) => answer.cycles);
export const cycle = (id: Id, signal?: AbortSignal) => get<Cycle>(at(id), now(signal));
export const candidates = (first_day: string, weeks: number, signal?: AbortSignal) =>
  get<{ people: Candidate[]; frequencies: number }>('/api/v1/cycles/people', { query: { first_day, weeks }, ...now(signal) });
export const plan = (wish: Wish) => post<Cycle>('/api/v1/cycles', wish);
export const remove = (id: Id) => request<void>('DELETE', at(id));
export const stop = (id: Id) => post<Cycle>(`${at(id)}/stop`, {});
export const price = (id: Id, move: Move, signal?: AbortSignal) => post<Price>(`${at(id)}/price`, move, { signal });
export const move = (id: Id, wish: Move) => post<Cycle>(`${at(id)}/move`, wish);
export const free = (id: Id, visit: VisitAt) => post<Cycle>(`${at(id)}/free`, visit);
export const improve = (id: Id, effort: Effort) => post<Cycle>(`${at(id)}/improve`, { effort });
export const whatIf = (id: Id, question: WhatIf) => post<Cycle>(`${at(id)}/what-if`, question);
export const changes = (id: Id, signal?: AbortSignal) => get<Changes>(`${at(id)}/changes`, now(signal));
export const accept = (id: Id) => post<Job>(`${at(id)}/accept`, {});
/** One cell as a day plan, with the roads. */
export const day = (id: Id, day: string, user: Id, signal?: AbortSignal) => get<Plan>(`${at(id)}/days/${day}`, { query: { user }, ...now(signal) });

export type Detour = 'ok' | 'warn' | 'danger';
export interface Slot {
  user_id: Id; user_name: string; day: string; start: number; end: number;
  /** Negative when it saves some. */
  extra_drive_minutes: number; level: Detour; after: string | null; before: string | null;
}
export interface Slots { slots: Slot[]; reasons: { user_id: Id; day: string; text: string }[]; minutes: number }

export const slots = (location: Id, minutes: number | null, signal?: AbortSignal) =>
  get<Slots>(`/api/v1/locations/${location}/slots`, { query: { minutes, days: 10, count: 6 }, ...now(signal) });
export const book = (location: Id, wish: { user_id: Id; start: number; minutes: number; purpose?: string }) =>
  post<{ visit_id: Id; change_set: Id }>(`/api/v1/locations/${location}/appointment`, wish);

export interface MileageDay {
  user_id: Id; user_name: string; day: string;
  /** 0 without a plan. */
  planned_m: number; planned_drive_s: number; driven_m: number; driven_s: number;
  visit_s: number; visits: number; legs: { from: string; to: string; meters: number; seconds: number }[]; derived: boolean;
  /** What is missing in it, such as a home. */
  note: string | null;
}
export interface MileageTotal { user_id: Id; user_name: string; driven_m: number; driven_s: number; visit_s: number; visits: number; planned_m: number }
export interface Mileage { days: MileageDay[]; totals: MileageTotal[] }

export const mileage = (from: string, to: string, user: Id | null, signal?: AbortSignal) =>
  get<Mileage>('/api/v1/mileage', { query: { from, to, user }, ...now(signal) });
export const mileageCsv = (from: string, to: string, user: Id | null) => download('GET', '/api/v1/mileage/export', { query: { from, to, user }, dated: false });
