// What there is in a shape: figures, rows, exports.
import { download, post } from './client';
import type { Customer, RowKind, Snapshot, SnapshotQuestion } from './types';

export const snapshot = (question: SnapshotQuestion, signal?: AbortSignal) =>
  post<Snapshot>('/api/v1/snapshot', question, { signal });
export const rows = (question: SnapshotQuestion, kind: RowKind, limit: number, cursor: string | null, signal?: AbortSignal) =>
  post<{ rows: Customer[]; count: number; next_cursor?: string | null }>('/api/v1/snapshot/rows', { ...question, kind, limit, ...(cursor ? { cursor } : {}) }, { signal });
export const exportRows = (question: SnapshotQuestion, format: 'csv' | 'geojson') =>
  download('POST', '/api/v1/snapshot/export', { query: { format }, body: question });
