// Service: cases that find their customer, and calls.
import { get, post } from './client';
import type { Id, Value, Written } from './types';

/** Who may be calling. */
export interface Caller { type: string; id: Id; name: string; account_id: Id | null; account_name: string | null }
/** A call, and what to show. */
export interface IncomingCall { activity_id: Id | null; number: string; direction: string; callers: Caller[]; open_cases: number; next_visit: number | null }

/** Customer, queue and service level are found where they are not said; the clocks start. */
export const openCase = (fields: Record<string, Value>) => post<Written>('/api/v1/cases/open', { fields });
/** What the customers of cases that one may see are called, also where they are not to be seen themselves. */
export const customersOfCases = async (ids: Id[]) => (await get<{ customers: { id: Id; name: string }[] }>('/api/v1/cases/customers', { query: { ids: ids.join(',') } })).customers;

/** A rep and the way to a case's place; times in milliseconds since 1970. */
export interface NearestRep {
  user_id: Id; name: string; from: 'visit' | 'last_visit' | 'home'; lng: number; lat: number; sets_out: number; arrives: number;
  drive_seconds: number; drive_meters: number; next_visit_at: number | null; breaks_promise: boolean;
}
export interface NearestReps { reps: NearestRep[]; not_sent: { user_id: Id; name: string; reason: 'absent' | 'day-off' | 'day-over' | 'unknown-place' | 'no-road' }[] }

/** Who can be at a case's place first; for managers and admins. */
export const nearestReps = (id: Id, signal?: AbortSignal) => get<NearestReps>(`/api/v1/cases/${encodeURIComponent(id)}/nearest`, { signal });
