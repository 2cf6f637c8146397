// Records of any declared type, their history, change sets and undo.
import { get, post, request, type Query } from './client';
import type { ChangeSet, Id, Revision, Stored, TypeDeclaration, UndoResult, Value, Written } from './types';

export const types = () => get<{ types: TypeDeclaration[] }>('/api/v1/types', { dated: false }).then((answer) => answer.types);
export const list = (plural: string, query: Query = {}, signal?: AbortSignal) =>
  get<{ records: Stored[]; next_cursor: string | null }>(`/api/v1/${plural}`, { query, signal });
export const count = (plural: string, query: Query = {}, signal?: AbortSignal) =>
  get<{ count: number }>(`/api/v1/${plural}/count`, { query, signal }).then((answer) => answer.count);
export const read = (plural: string, id: Id, signal?: AbortSignal) => get<Stored>(`/api/v1/${plural}/${id}`, { signal });
export const create = (plural: string, fields: Record<string, Value>) => post<Written>(`/api/v1/${plural}`, { fields });
export const change = (plural: string, id: Id, version: number, fields: Record<string, Value>) =>
  request<Written>('PATCH', `/api/v1/${plural}/${id}`, { body: { fields }, version });
export const remove = (plural: string, id: Id, version: number) =>
  request<{ change_set: Id }>('DELETE', `/api/v1/${plural}/${id}`, { version });
export const history = (plural: string, id: Id, signal?: AbortSignal) =>
  get<{ revisions: Revision[] }>(`/api/v1/${plural}/${id}/history`, { dated: false, signal }).then((answer) => answer.revisions);
/** Newest first; with `mine` only those of whoever asks. */
export const changeSets = (limit: number, mine: boolean, signal?: AbortSignal) =>
  get<{ change_sets: ChangeSet[] }>('/api/v1/change-sets', { query: { limit, mine: mine ? 'true' : null }, dated: false, signal }).then((answer) => answer.change_sets);
export const undo = (id: Id) => post<UndoResult>(`/api/v1/change-sets/${id}/undo`, {});
