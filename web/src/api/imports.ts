// Uploading, mapping, checking, running and undoing an import.
import { download, get, post, request } from './client';
import type { Id, Import, ImportMapping, Job } from './types';

export const upload = (file: File) => {
  const form = new FormData();
  form.set('file', file);
  return post<Import>('/api/v1/imports', undefined, { form });
};
export const all = () => get<{ imports: Import[] }>('/api/v1/imports', { dated: false }).then((answer) => answer.imports);
export const one = (id: Id) => get<Import>(`/api/v1/imports/${id}`, { dated: false });
export const map = (id: Id, mapping: ImportMapping) => request<Import>('PUT', `/api/v1/imports/${id}/mapping`, { body: mapping });
export const check = (id: Id) => post<Job>(`/api/v1/imports/${id}/check`, {});
export const run = (id: Id) => post<Job>(`/api/v1/imports/${id}/run`, {});
export const undo = (id: Id) => post<Import>(`/api/v1/imports/${id}/undo`, {});
export const failedRows = (id: Id) => download('GET', `/api/v1/imports/${id}/failed`, { dated: false });
