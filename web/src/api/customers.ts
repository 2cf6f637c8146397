// Customers as lists, cards, timelines, legends and search results.
import { get, type Query } from './client';
import type { AccountCard, Customer, CustomerPage, Id, Legend, LegendField, Ownership, SearchAnswer, TimelineItem } from './types';

export const customers = (query: Query, signal?: AbortSignal) =>
  get<CustomerPage>('/api/v1/customers', { query, signal });
/** The row of one place. */
export const customerAt = (location: Id) => get<Customer>(`/api/v1/customers/${location}`);
export const card = (account: Id, signal?: AbortSignal) =>
  get<AccountCard>(`/api/v1/accounts/${account}/card`, { signal });
export const timeline = (account: Id, cursor: string | null = null, signal?: AbortSignal) =>
  get<{ items: TimelineItem[]; next_cursor: string | null }>(`/api/v1/accounts/${account}/timeline`, { query: { cursor }, signal });
export const legend = (by: LegendField, filter: string, signal?: AbortSignal) =>
  get<Legend>('/api/v1/legend', { query: { by, filter }, signal });
export const search = (q: string, near: [number, number] | null, signal?: AbortSignal) =>
  get<SearchAnswer>('/api/v1/search', { query: { q, lng: near?.[0], lat: near?.[1] }, signal });
export const ownership = (location: Id, query: Query = {}, signal?: AbortSignal) =>
  get<Ownership>(`/api/v1/locations/${location}/ownership`, { query, signal });
export const accountOwnership = (account: Id, query: Query = {}) =>
  get<Ownership>(`/api/v1/accounts/${account}/ownership`, { query });
