// Users, tokens, the map pack, jobs, audit.
import { get, post, request } from './client';
import type { About, AuditEntry, Id, Job, PackInfo, Rights, Token, Value, Verification, Written } from './types';

export const createUser = (fields: Record<string, Value>, password: string) => post<Written>('/api/v1/users/new', { fields, password });
export const setPassword = (user: Id, password: string) => post<void>(`/api/v1/users/${user}/password`, { password });
export const tokens = (signal?: AbortSignal) => get<{ tokens: Token[] }>('/api/v1/tokens', { dated: false, signal }).then((answer) => answer.tokens);
export const createToken = (name: string, write: boolean, days: number) => post<{ token: string }>('/api/v1/tokens', { name, write, days });
export const dropToken = (id: Id) => request<void>('DELETE', `/api/v1/tokens/${id}`);
export const pack = (signal?: AbortSignal) => get<PackInfo>('/api/v1/map', { dated: false, signal });
export const outbound = () => get<{ targets: string[] }>('/api/v1/outbound', { dated: false });
export const about = () => get<About>('/api/v1/about', { dated: false });
export const jobs = () => get<{ jobs: Job[] }>('/api/v1/jobs', { dated: false }).then((answer) => answer.jobs);
export const job = (id: Id) => get<Job>(`/api/v1/jobs/${id}`, { dated: false });
export const cancelJob = (id: Id) => request<void>('DELETE', `/api/v1/jobs/${id}`);
export const changes = (after: number | null, limit: number) =>
  get<{ changes: AuditEntry[] }>('/api/v1/changes', { query: { after, limit }, dated: false }).then((answer) => answer.changes);
export const verify = () => post<Verification>('/api/v1/verify', {});

export interface RoleRights { role: string; rights: Record<string, Rights> }
export const roleRights = (signal?: AbortSignal) => get<{ roles: RoleRights[] }>('/api/v1/role-rights', { dated: false, signal }).then((answer) => answer.roles);
export const changeRights = (role: string, type: string, rights: Rights) =>
  request<{ roles: RoleRights[] }>('PUT', `/api/v1/role-rights/${role}`, { body: { [type]: rights } }).then((answer) => answer.roles);
