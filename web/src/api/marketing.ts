// Marketing: segments, consent, campaigns and what came of them.
import type { Feature, FeatureCollection, Point } from 'geojson';
import { download, get, post } from './client';
import type { Id, ShapeInput, Stored, Written } from './types';

export type Subject = 'account' | 'contact' | 'lead';
export type Channel = 'email' | 'letter' | 'phone' | 'visit';
export const channels: Channel[] = ['email', 'letter', 'phone', 'visit'];

export type Related =
  | { is: 'records'; type: string; filter?: string; none: boolean }
  | { is: 'bought'; product_id: Id; none: boolean }
  | { is: 'not_visited'; days: number };

/** A segment's conditions; all of them have to hold. */
export interface Definition { filter?: string | null; customers?: string | null; within?: ShapeInput[]; related?: Related[] }

export interface SegmentRow {
  type: string; id: Id; name: string; detail: string; account_id: Id | null; location_id: Id | null; class: string | null; territory_name: string | null;
  revenue: number | null; last_visit: number | null; lng: number | null; lat: number | null;
}
export interface SegmentPreview { count: number; rows: SegmentRow[]; points: number[][]; shapes: unknown[]; rights_note: string | null; took_ms: number }

export interface Verdict { channel: Channel; purpose: string; allowed: boolean; code: string; text: string; consent_id: Id | null; since: number | null }
export interface Verdicts { verdicts: Verdict[]; do_not_contact: boolean }

export interface Way { channel: Channel; most: number | null; cost_each: number }
export interface Variant { name: string; offer: string; weight: number; subject: string; text: string }

export interface CampaignPreview {
  in_segment: number; excluded: { code: string; count: number }[]; treated: number; control: number;
  by_channel: { channel: Channel; treated: number; control: number; cost: number }[]; by_variant: { variant: string; treated: number }[];
  cost: number; over_budget: boolean; rights_note: string | null; people: { name: string; channel: Channel; arm: string; variant: string | null }[];
}
export interface CampaignMemberRow { member: Stored; name: string; visit_status: string | null; visit_at: number | null; call_status: string | null }
export interface CampaignMembers { rows: CampaignMemberRow[]; count: number; next_cursor: string | null }

export interface Interval { value: number; low: number; high: number }
export interface Arm { count: number; bought: number; responded: number; revenue: number; rate: Interval | null; mean: number | null }
export interface Comparison { key: string | null; label: string; treated: Arm; control: Arm; lift: Interval | null; revenue_lift: Interval | null; extra_revenue: number | null }
export interface AnswerCount { kind: string; count: number; value: number }
export interface CampaignResults {
  from: string; to: string; open: boolean; total: Comparison; by_channel: Comparison[]; by_variant: Comparison[]; area: string; by_area: Comparison[];
  answers: AnswerCount[]; others_with_code: AnswerCount; cost: number; return_on_cost: number | null; partial: boolean;
}

export const preview = (subject: Subject, definition: Definition, signal?: AbortSignal) =>
  post<SegmentPreview>('/api/v1/segments/preview', { subject, definition, limit: 20 }, { signal });
export const freeze = (id: Id) => post<Written>(`/api/v1/segments/${id}/freeze`);
export const exportSegment = (id: Id) => download('GET', `/api/v1/segments/${id}/export`);
export const check = (link: 'contact_id' | 'lead_id', id: Id) => get<Verdicts>('/api/v1/consent/check', { query: { [link]: id }, dated: false });

export const previewCampaign = (id: Id, signal?: AbortSignal) => post<CampaignPreview>(`/api/v1/campaigns/${id}/preview`, undefined, { signal });
export const startCampaign = (id: Id) => post<Written>(`/api/v1/campaigns/${id}/start`);
export const stopCampaign = (id: Id) => post<Written>(`/api/v1/campaigns/${id}/stop`);
export const membersOf = (id: Id, channel: string, signal?: AbortSignal) =>
  get<CampaignMembers>(`/api/v1/campaigns/${id}/members`, { query: { channel, limit: 100 }, dated: false, signal });
export const sent = (id: Id, channel: Channel) => post<{ sent: number; change_set: Id }>(`/api/v1/campaigns/${id}/sent`, { channel });
export const respond = (id: Id, body: { member_id: Id; kind: string }) => post<{ change_set: Id }>(`/api/v1/campaigns/${id}/responses`, body);
export interface Mailing {
  state: 'none' | 'sending' | 'paused' | 'done' | 'stopped'; blocked: 'no-mail' | 'no-sender' | 'no-text' | null; per_minute: number; note: string; started_at: number | null; finished_at: number | null;
  all: number; to_send: number; queued: number; sent: number; answered: number; opted_out: number; bounced: number; stopped: number; held: { code: string; count: number }[];
}
export interface MailExample { variant: string; name: string; subject: string; text: string }
export const mailing = (id: Id, signal?: AbortSignal) => get<Mailing>(`/api/v1/campaigns/${id}/mailing`, { dated: false, signal });
export const startMailing = (id: Id, per_minute: number) => post<Mailing>(`/api/v1/campaigns/${id}/mailing`, { per_minute });
export const pauseMailing = (id: Id) => post<Mailing>(`/api/v1/campaigns/${id}/mailing/pause`);
export const exampleMail = (id: Id, variant: string) => get<MailExample>(`/api/v1/campaigns/${id}/mailing/example`, { query: { variant }, dated: false });
export const list = (id: Id, channel: Channel, form: 'csv' | 'labels') => download('GET', `/api/v1/campaigns/${id}/list`, { query: { channel, form } });
export const results = (id: Id, area: string, signal?: AbortSignal) =>
  get<CampaignResults>(`/api/v1/campaigns/${id}/results`, { query: { area }, dated: false, signal });
export const campaignMap = (id: Id, signal?: AbortSignal) =>
  get<FeatureCollection<Point, { arm: string; responded: boolean; bought: boolean; name: string }>>(`/api/v1/campaigns/${id}/map`, { dated: false, signal });
export const isFeature = (shape: unknown): shape is Feature => typeof shape === 'object' && shape !== null && 'geometry' in shape;
