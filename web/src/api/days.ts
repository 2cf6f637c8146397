// A rep's day: plan, re-plan, accept, check in, report, hand off.
import { download, get, post } from './client';
import type { Day, Id, Plan, Replanned, Written } from './types';

export interface ReplanWish {
  order?: Id[]; lock?: { visit_id: Id; time?: boolean; order?: boolean }[]; unlock?: Id[]; add?: Id[]; drop?: Id[];
  /** Only proposed: the day keeps its plan until it is taken over. */
  proposal?: boolean;
  late_minutes?: number; from?: { lng: number; lat: number; at: number };
}

export const day = (date: string, user: Id | null, signal?: AbortSignal) =>
  get<Day>(`/api/v1/days/${date}`, { query: { user }, dated: false, signal });
export const plan = (date: string, user: Id | null) => post<Plan>(`/api/v1/days/${date}/plan`, user ? { user } : {});
export const replan = (id: Id, wish: ReplanWish) => post<Replanned>(`/api/v1/plans/${id}/replan`, wish);
export const move = (id: Id, visit: Id, seq: number) => post<Replanned>(`/api/v1/plans/${id}/move`, { visit_id: visit, to_seq: seq });
export const take = (id: Id) => post<Plan>(`/api/v1/plans/${id}/take`, {});
export const accept = (id: Id) => post<{ plan: Plan; change_set: Id }>(`/api/v1/plans/${id}/accept`, {});
export const gpx = (id: Id) => download('GET', `/api/v1/plans/${id}/gpx`, { dated: false });
export const calendar = () => post<{ url: string }>('/api/v1/calendar', {});
export const links = (id: Id) =>
  get<{ legs: { label: string; google: string; apple: string; waze: string; osmand: string; geo: string }[] }>(`/api/v1/plans/${id}/links`, { dated: false });
export const checkIn = (visit: Id, at: { lng?: number; lat?: number; accuracy_m?: number }) =>
  post<Written & { distance_m: number | null }>(`/api/v1/visits/${visit}/check-in`, at);
export const checkOut = (visit: Id) => post<Written>(`/api/v1/visits/${visit}/check-out`, {});
export const report = (visit: Id, body: { outcome: string; note: string; next_date?: string }) =>
  post<Written>(`/api/v1/visits/${visit}/report`, body);
