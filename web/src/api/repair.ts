// The queue of addresses that need a person's eye.
import { get, post } from './client';
import type { AlikeGroup, CandidateAnswer, Id, Job, PlacesSummary, RepairQueue, Written } from './types';

export const queue = (status: string | null, cursor: string | null = null, signal?: AbortSignal) =>
  get<RepairQueue>('/api/v1/repair', { query: { status, cursor }, dated: false, signal });
export const candidates = (location: Id, text: string | null, signal?: AbortSignal) =>
  get<CandidateAnswer>(`/api/v1/locations/${location}/candidates`, { query: { text }, dated: false, signal });
export const pin = (location: Id, place: { lng: number; lat: number; locked: boolean; label?: string }) =>
  post<Written & { distance_m: number | null }>(`/api/v1/locations/${location}/pin`, place);
export const geocode = (location: Id) => post<Written>(`/api/v1/locations/${location}/geocode`, {});
export const geocodeAll = () => post<Job>('/api/v1/geocode-jobs', {});
export const summary = (signal?: AbortSignal) => get<PlacesSummary>('/api/v1/places/summary', { dated: false, signal });
export const alike = (signal?: AbortSignal) => get<{ groups: AlikeGroup[] }>('/api/v1/repair/alike', { dated: false, signal });
export const answerAlike = (answer: { key: string; city: string; postal_code: string }) =>
  post<{ changed: number; found: number; skipped: number; change_set: string | null }>('/api/v1/repair/alike', answer);
