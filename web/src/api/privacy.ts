// What the program owes a person: all that is on record of them, erasure, and an end to keeping the silent ones.
import { address, get, post } from './client';
import type { components } from './schema';
import type { Id } from './types';

type Schemas = components['schemas'];
export type ErasurePreview = Schemas['ErasurePreview'];
export type Erasing = Schemas['Erasing'];
export type Proposal = Schemas['Proposal'];
export type Proposals = Schemas['Proposals'];
/** Types whose records are people. */
export type PersonType = 'contact' | 'lead';

const person = (type: PersonType, id: Id) => `/api/v1/privacy/people/${type}/${id}`;

/** What an erasure would do. `customers`: the person's customer loses what is the person's too. */
export const preview = (type: PersonType, id: Id, customers: boolean, signal?: AbortSignal) =>
  get<ErasurePreview>(person(type, id), { query: { customers: customers ? 'true' : null }, dated: false, signal });
export const erase = (type: PersonType, id: Id, confirm: string, reason: string, customers: boolean) =>
  post<Erasing>(`${person(type, id)}/erase`, { confirm, reason, customers });
/** The address of the archive with all that is on record. */
export const archive = (type: PersonType, id: Id) => address(`${person(type, id)}/export`);
export const proposals = (signal?: AbortSignal) => get<Proposals>('/api/v1/privacy/retention', { dated: false, signal });
export const approve = (people: { type: string; id: Id }[]) => post<Schemas['Approved']>('/api/v1/privacy/retention/erase', { people });
export const keep = (type: string, id: Id, until: number) => post<void>('/api/v1/privacy/retention/keep', { type, id, until });
