// Customers who may stand there twice: found while one types and in a sweep, compared and merged.
import { get, post } from './client';
import type { Duplicate } from './sales';
import type { Id, Stored, Value, Written } from './types';

/** Two customers that may be one; `signs` are phone, email, name-and-place, domain. */
export interface Pair { a: Stored; b: Stored; signs: string[] }
export interface Difference { field: string; kept: Value; other: Value }

/** Who may be on record already. */
export const check = (fields: Record<string, Value>, signal?: AbortSignal) =>
  post<{ duplicates: Duplicate[] }>('/api/v1/duplicates/check', { fields }, { signal }).then((answer) => answer.duplicates);
/** The surest first, and how many there are in all. */
export const pairs = (limit: number, signal?: AbortSignal) => get<{ pairs: Pair[]; count: number }>('/api/v1/duplicates', { query: { limit }, dated: false, signal });
export const compare = (plural: string, kept: Id, other: Id, signal?: AbortSignal) =>
  get<{ differences: Difference[] }>(`/api/v1/${plural}/${kept}/merge/${other}`, { dated: false, signal }).then((answer) => answer.differences);
/** `take`: fields whose values come from the one that goes. */
export const merge = (plural: string, kept: Id, other: Id, take: string[]) => post<Written>(`/api/v1/${plural}/${kept}/merge`, { other_id: other, take });
