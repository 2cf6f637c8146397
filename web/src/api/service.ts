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
