// Signing in and out.
import { get, post, request } from './client';
import type { DemoOffer, Session } from './types';

export const signIn = (email: string, password: string) => post<Session>('/api/v1/session', { email, password });
export const currentSession = () => get<Session>('/api/v1/session', { dated: false });
/** What the person reads, here and wherever they sign in. */
export const speak = (language: Session['user']['language']) => request<Session>('PATCH', '/api/v1/session', { body: { language } });
export const signOut = () => request<void>('DELETE', '/api/v1/session');
export const demoOffer = () => get<DemoOffer>('/api/v1/session/demo', { dated: false });
