// Ways in and out: mail, files, webhooks, web forms. Their records are read and written like all others.
import { get, post, request, sendFile } from './client';
import type { components } from './schema';
import type { Id, Written } from './types';

type Schemas = components['schemas'];
export type MailStatus = Schemas['MailStatus'];
export type OutgoingMail = Schemas['OutgoingMail'];
export type IncomingMail = Schemas['IncomingMail'];
export type FetchedMail = Schemas['FetchedMail'];
export type TakenMail = Schemas['TakenMail'];
export type Deliveries = Schemas['Deliveries'];
export type Delivery = Schemas['DeliveryWithAttempts'];

/** A message to be written; whom it goes to is found where it is not said. */
export interface Letter {
  to: string[]; cc: string[]; subject: string; text: string; file_ids: Id[];
  account_id?: Id; contact_id?: Id; opportunity_id?: Id; lead_id?: Id; case_id?: Id;
  /** The message it answers. */
  answers?: Id;
}

/** On record at once; it goes out by the queue. */
export const writeMail = (letter: Letter) => post<Written>('/api/v1/mails', letter);
export const mailStatus = (signal?: AbortSignal) => get<MailStatus>('/api/v1/mails/status', { dated: false, signal });
/** Looks into mailbox and folder, and sends what waits. */
export const fetchMail = () => post<FetchedMail>('/api/v1/mails/fetch');
export const handIn = (file: File) => request<TakenMail>('POST', '/api/v1/mails/incoming', { raw: file });
export const sendAgain = (id: Id) => post<void>(`/api/v1/mails/outgoing/${id}/again`);

/** Attaches a file to a record; `progress` is told the share that was sent, 0 to 1. */
export const attach = (file: File, about: { type: string; id: Id }, progress: (share: number) => void, signal: AbortSignal) =>
  sendFile<Written>('/api/v1/files/upload', { name: file.name, about_type: about.type, about_id: about.id }, file, progress, signal);
export const contentOf = (file: Id) => `/api/v1/files/${encodeURIComponent(file)}/content`;
/** Largest file the server takes, in bytes. */
export const largestFile = 30 * 1024 * 1024;

export const webhookKey = (id: Id) => post<{ secret: string }>(`/api/v1/webhooks/${id}/key`);
/** The newest hundred messages to a webhook; `state`: waiting, sending, delivered or dead. */
export const deliveries = (id: Id, state: string | null, signal?: AbortSignal) =>
  get<Deliveries>(`/api/v1/webhooks/${id}/deliveries`, { query: { state }, dated: false, signal });
export const replay = (id: Id, which: { event_id?: string; state?: string; since?: number }) => post<{ count: number }>(`/api/v1/webhooks/${id}/replay`, which);
export const testWebhook = (id: Id) => post<void>(`/api/v1/webhooks/${id}/test`);
