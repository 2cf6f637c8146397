// Uploading, mapping, checking, running and undoing an import.
import { download, get, post, request } from './client';
import type { Id, Import, ImportMapping, Job } from './types';

/** Files that belong together: one import, one undo. */
export const upload = (files: File[]) => {
  const form = new FormData();
  for (const file of files) form.append('file', file);
  return post<Import>('/api/v1/imports', undefined, { form });
};
export const all = (signal?: AbortSignal) => get<{ imports: Import[] }>('/api/v1/imports', { dated: false, signal }).then((answer) => answer.imports);
export const one = (id: Id, signal?: AbortSignal) => get<Import>(`/api/v1/imports/${id}`, { dated: false, signal });
export const map = (id: Id, mapping: ImportMapping) => request<Import>('PUT', `/api/v1/imports/${id}/mapping`, { body: mapping });
/** What the rows of a table are; its columns are proposed anew. */
export const setObject = (id: Id, part: number, object: string | null) => request<Import>('PUT', `/api/v1/imports/${id}/parts/${part}/object`, { body: { object } });
export const check = (id: Id) => post<Job>(`/api/v1/imports/${id}/check`, {});
export const run = (id: Id) => post<Job>(`/api/v1/imports/${id}/run`, {});
export const undo = (id: Id) => post<Import>(`/api/v1/imports/${id}/undo`, {});
export const failedRows = (id: Id, part: number) => download('GET', `/api/v1/imports/${id}/failed?part=${part}`, { dated: false });
