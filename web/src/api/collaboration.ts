// Comments on records and shapes, following, and what one is told.
import { get, post, request } from './client';
import type { components } from './schema';
import type { Id } from './types';

type Schemas = components['schemas'];
export type RecordComment = Schemas['RecordComment'];
export type RecordComments = Schemas['RecordComments'];
export type Notification = Schemas['Notification'];
export type Notifications = Schemas['Notifications'];

const root = '/api/v1/collaboration';

export const comments = (type: string, id: Id, signal?: AbortSignal) =>
  get<RecordComments>(`${root}/comments`, { query: { type, id }, dated: false, signal });
export const say = (type: string, id: Id, text: string, spot: [number, number] | null) =>
  post<Schemas['SaidComment']>(`${root}/comments`, { type, id, text, spot });
export const follow = (type: string, id: Id) => request<void>('PUT', `${root}/follows/${type}/${id}`);
export const unfollow = (type: string, id: Id) => request<void>('DELETE', `${root}/follows/${type}/${id}`);
export const notifications = (signal?: AbortSignal) => get<Notifications>(`${root}/notifications`, { dated: false, signal });
/** One, or all of them. */
export const markRead = (id: Id | null) => post<void>(`${root}/notifications/read`, { id });
