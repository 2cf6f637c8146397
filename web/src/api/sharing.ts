// Sharing rules: what one would share, and why a record is in sight.
import { get, post } from './client';
import type { Id } from './types';

export interface SightReason { code: 'all' | 'own' | 'territory' | 'team' | 'shared'; rule: string | null; may_write: boolean }
export interface Sight { reasons: SightReason[]; shared: { rule: string; with: string; may_write: boolean }[] }
export interface SharingCounts { counts: { type: string; count: number }[]; may_go_along: string[] }

export const whySeen = (type: string, id: Id, signal?: AbortSignal) => get<Sight>(`/api/v1/sharing/why/${type}/${id}`, { dated: false, signal });
export const wouldShare = (rule: { record_type: string; condition: string | null; along: string[] }, signal?: AbortSignal) =>
  post<SharingCounts>('/api/v1/sharing/check', rule, { signal });
