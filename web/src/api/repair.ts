// The queue of addresses that need a person's eye.
import { get, post } from './client';
import type { CandidateAnswer, Id, Job, RepairQueue, Written } from './types';

export const queue = (status: string | null, cursor: string | null = null, signal?: AbortSignal) =>
  get<RepairQueue>('/api/v1/repair', { query: { status, cursor }, dated: false, ...(signal ? { signal } : {}) });
export const candidates = (location: Id, text: string | null, signal?: AbortSignal) =>
  get<CandidateAnswer>(`/api/v1/locations/${location}/candidates`, { query: { text }, dated: false, ...(signal ? { signal } : {}) });
export const pin = (location: Id, place: { lng: number; lat: number; locked: boolean; label?: string }) =>
  post<Written & { distance_m: number | null }>(`/api/v1/locations/${location}/pin`, place);
export const geocode = (location: Id) => post<Written>(`/api/v1/locations/${location}/geocode`, {});
export const geocodeAll = () => post<Job>('/api/v1/geocode-jobs', {});
export const summary = () =>
  get<{ by_status: Record<string, number>; by_level: Record<string, number>; total: number }>('/api/v1/places/summary', { dated: false });
