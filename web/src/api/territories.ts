// Territories: overview, drawing, previews, lasso and issues.
import type { Feature } from 'geojson';
import { get, post, request } from './client';
import type { Area, Boundary, Id, LassoCatch, Preview, Territory, TerritoryIssues, TerritoryOverview, TerritoryWritten } from './types';

export type PreviewQuestion = { territory_id: Id | null; geometry: Area } | { territory_id: Id | null; location_ids: Id[] };

export const overview = (signal?: AbortSignal) => get<TerritoryOverview>('/api/v1/territories/overview', signal ? { signal } : {});
export const draw = (body: { name: string; geometry?: Area; location_ids?: Id[]; owner_id?: Id }) =>
  post<TerritoryWritten>('/api/v1/territories/draw', body);
export const reshape = (id: Id, geometry: Area) =>
  request<TerritoryWritten>('PUT', `/api/v1/territories/${id}/geometry`, { body: { geometry } });
export const give = (id: Id, user: Id) => post<TerritoryWritten>(`/api/v1/territories/${id}/owner`, { user_id: user });
export const take = (id: Id, locations: Id[]) =>
  post<{ change_set: Id | null; moved: number }>(`/api/v1/territories/${id}/take`, { location_ids: locations });
export const rename = (territory: Territory, name: string) =>
  request<{ change_set: Id }>('PATCH', `/api/v1/territories/${territory.id}`, { body: { fields: { name } }, version: territory.record_version });
export const drop = (territory: Territory) =>
  request<{ change_set: Id }>('DELETE', `/api/v1/territories/${territory.id}`, { version: territory.record_version });
export const preview = (question: PreviewQuestion, signal?: AbortSignal) =>
  post<Preview>('/api/v1/territories/preview', question, signal ? { signal } : {});
export const lasso = (geometry: Area, signal?: AbortSignal) =>
  post<LassoCatch>('/api/v1/lasso', { geometry }, signal ? { signal } : {});
export const issues = (signal?: AbortSignal) => get<TerritoryIssues>('/api/v1/territories/issues', signal ? { signal } : {});
export const boundaries = (q: string, signal?: AbortSignal) =>
  get<Boundary[]>('/api/v1/boundaries', { query: { q }, dated: false, ...(signal ? { signal } : {}) });
export const boundary = (id: string) => get<Feature>(`/api/v1/boundaries/${encodeURIComponent(id)}`, { dated: false });
