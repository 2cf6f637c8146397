// Territories: overview, drawing, previews, lasso and issues.
import type { Feature } from 'geojson';
import { download, get, post, request } from './client';
import type {
  Alternatives, Area, Boundary, CodesAnswer, CustomerRule, Fairness, Id, LassoCatch, Preview, ReachDifference, ReachOf, TakenIn, Territory,
  TerritoryFormat, TerritoryIssues, TerritoryMember, TerritoryOverview, TerritoryTaken, TerritoryWritten,
} from './types';

/** What a territory is made of: an area, places by name, blocks by code, a reach, or rules. */
export type Making = { geometry: Area } | { location_ids: Id[] } | { codes: string[] } | { reach: ReachOf } | { rules: CustomerRule[] } | { is_group: true };
export type PreviewQuestion = { territory_id: Id | null; owner_id?: Id | null } & Exclude<Making, { is_group: true }>;
export interface TerritorySettings {
  name?: string; parent_id?: Id | null; line?: string | null; colour?: number; priority?: number; capacity_hours?: number | null;
}
export type OverlapRule = { rule: 'priority' | 'cut'; winner: Id } | { rule: 'line'; territory: Id; line: string } | { rule: 'split' };

export const overview = (signal?: AbortSignal) => get<TerritoryOverview>('/api/v1/territories/overview', { signal });
export const draw = (body: { name: string; owner_id?: Id; parent_id?: Id | null } & Making) =>
  post<TerritoryWritten>('/api/v1/territories/draw', body);
export const reshape = (id: Id, geometry: Area) =>
  request<TerritoryWritten>('PUT', `/api/v1/territories/${id}/geometry`, { body: { geometry } });
export const give = (id: Id, user: Id) => post<TerritoryWritten>(`/api/v1/territories/${id}/owner`, { user_id: user });
export const take = (id: Id, locations: Id[]) =>
  post<TerritoryTaken>(`/api/v1/territories/${id}/take`, { location_ids: locations });
export const rename = (territory: Territory, name: string) =>
  request<{ change_set: Id }>('PATCH', `/api/v1/territories/${territory.id}`, { body: { fields: { name } }, version: territory.record_version });
export const drop = (territory: Territory) =>
  request<{ change_set: Id }>('DELETE', `/api/v1/territories/${territory.id}`, { version: territory.record_version });
export const preview = (question: PreviewQuestion, signal?: AbortSignal) =>
  post<Preview>('/api/v1/territories/preview', question, { signal });
export const lasso = (geometry: Area, signal?: AbortSignal) =>
  post<LassoCatch>('/api/v1/lasso', { geometry }, { signal });
export const issues = (signal?: AbortSignal) => get<TerritoryIssues>('/api/v1/territories/issues', { signal });
export const boundaries = (q: string, signal?: AbortSignal) =>
  get<Boundary[]>('/api/v1/boundaries', { query: { q }, dated: false, signal });
export const boundary = (id: string) => get<Feature>(`/api/v1/boundaries/${encodeURIComponent(id)}`, { dated: false });
const put = <T>(path: string, body: unknown) => request<T>('PUT', path, { body });
export const codes = (question: { text: string } | { codes: string[] }, signal?: AbortSignal) =>
  post<CodesAnswer>('/api/v1/territories/codes', question, { signal });
export const setCodes = (id: Id, list: string[]) => put<TerritoryWritten>(`/api/v1/territories/${id}/codes`, { codes: list });
export const setReach = (id: Id, reach: ReachOf) => put<TerritoryWritten>(`/api/v1/territories/${id}/reach`, reach);
export const compareReach = (id: Id, signal?: AbortSignal) =>
  get<ReachDifference>(`/api/v1/territories/${id}/reach`, { dated: false, signal });
export const renewReach = (id: Id) => post<TerritoryWritten>(`/api/v1/territories/${id}/reach/renew`);
export const setRules = (id: Id, rules: CustomerRule[]) => put<TerritoryWritten>(`/api/v1/territories/${id}/rules`, { rules });
export const setMembers = (id: Id, members: TerritoryMember[], from: string | null) =>
  put<TerritoryWritten>(`/api/v1/territories/${id}/members`, { members, ...(from ? { from } : {}) });
export const setSettings = (id: Id, settings: TerritorySettings) => put<TerritoryWritten>(`/api/v1/territories/${id}/settings`, settings);
export const began = (id: Id, from: string) => post<TerritoryWritten>(`/api/v1/territories/${id}/began`, { from });
export const settle = (a: Id, b: Id, rule: OverlapRule) =>
  post<TerritoryTaken>('/api/v1/territories/overlaps/settle', { a, b, ...rule });
export const fairness = (since: string, signal?: AbortSignal) =>
  get<Fairness>('/api/v1/territories/fairness', { query: { since }, dated: false, signal });
export const alternatives = (location: Id, signal?: AbortSignal) =>
  get<Alternatives>(`/api/v1/locations/${location}/alternatives`, { dated: false, signal });
export const exportFile = (format: TerritoryFormat, branch: Id | null) =>
  download('GET', '/api/v1/territories/export', { query: { format, branch }, dated: true });
export const importFile = (file: Blob, dryRun: boolean, signal?: AbortSignal) =>
  request<TakenIn>('POST', '/api/v1/territories/import', { raw: file, query: { dry_run: dryRun }, signal });
