// Selling: leads with what is known about them, the board, the forecast, prices, quotes and orders.
import { download, get, post, request, type Query } from './client';
import type { Id, Stored, Value, Written } from './types';

export interface Check { code: string; ok: boolean; text: string }
export interface ScoreReason { points: number; text: string }
/** Somebody on record who may be the same; who may not be seen is told by their owner only. */
export interface Duplicate {
  type: string; id: Id | null; title: string; subtitle: string; reasons: string[]; distance_m: number | null; hidden: boolean; owner_name: string | null;
}
export interface LeadCard {
  lead: Stored; checks: Check[]; hot: boolean; score_reasons: ScoreReason[];
  assignment: { owner_id: Id | null; territory_id: Id | null; text: string } | null;
  duplicates: Duplicate[];
}
export interface Captured { record: Stored; card: LeadCard; change_set: Id }
export interface Conversion { account_id: Id | null; contact_id: Id | null; opportunity: { name: string; amount: number | null; stage_id: Id | null; close_date: string | null } | null }
export interface Converted { account_id: Id; location_id: Id | null; contact_id: Id; opportunity_id: Id | null; change_set: Id }

export interface DealCard {
  id: Id; version: number; name: string; account_id: Id; account_name: string | null; amount: number | null; currency: string; close_date: string | null;
  owner_id: Id | null; owner_name: string | null; stage_since: number | null; days_in_stage: number | null; late: boolean; may_write: boolean;
}
export interface StageColumn {
  id: Id; name: string; position: number; probability: number; is_closed: boolean; is_won: boolean; days: number | null;
  count: number; amount: number; weighted: number; cards: DealCard[];
}
export interface DealBoard {
  as_of: number; pipeline_id: Id | null; pipelines: { id: Id; name: string }[]; stages: StageColumn[]; count: number; amount: number; weighted: number;
}
export interface StageMove { stage_id: Id; win_reason?: string | null; loss_reason?: string | null; competitor_id?: Id | null }
export interface MovedDeal { record: Stored; tasks: Stored[]; change_set: Id }
export interface StageStep { stage_id: Id; stage: string; from: number; to: number | null; days: number; by_name: string | null; amount: number | null }
export interface KeyPlayer { id: Id; contact_id: Id; name: string; title: string | null; role: string; influence: number | null }
export interface DealPage {
  opportunity: Stored; account_name: string | null; steps: StageStep[]; roles: KeyPlayer[]; quotes: Stored[]; orders: Stored[]; activities: Stored[];
  territory_id: Id | null; alerts: { code: string; text: string }[];
}

export interface ForecastFigures { open: number; weighted: number; commit: number; best_case: number; won: number; lost: number; count: number; target: number }
export interface ForecastRow { id: string | null; name: string; parent_id: Id | null; own: ForecastFigures; rolled_up: ForecastFigures }
export interface Forecast { as_of: number; from: string; to: string; by: string; rows: ForecastRow[]; total: ForecastFigures }

export interface PriceAnswer {
  product_id: Id; text: string; unit: string | null; unit_price: number | null; currency: string; tax_rate: number; price_book_id: Id | null; price_book: string | null; why: string;
}

export interface Accepted { quote: Stored; order: Stored; change_set: Id }

/** Takes a lead in: checked, scored and assigned. */
export const capture = (fields: Record<string, Value>) => post<Captured>('/api/v1/leads/capture', { fields });
export const leadCard = (id: Id, signal?: AbortSignal) => get<LeadCard>(`/api/v1/leads/${id}/card`, { signal });
export const checkLead = (id: Id) => post<Captured>(`/api/v1/leads/${id}/check`, {});
export const convert = (id: Id, into: Conversion) => post<Converted>(`/api/v1/leads/${id}/convert`, into);

export const board = (query: Query, signal?: AbortSignal) => get<DealBoard>('/api/v1/pipelines/board', { query, signal });
export const moveDeal = (id: Id, version: number, to: StageMove) => request<MovedDeal>('POST', `/api/v1/opportunities/${id}/stage`, { body: to, version });
export const dealPage = (id: Id, signal?: AbortSignal) => get<DealPage>(`/api/v1/opportunities/${id}/card`, { signal });
export const forecast = (query: Query, signal?: AbortSignal) => get<Forecast>('/api/v1/forecast', { query, signal });

export const askPrices = (account: Id, products: { product_id: Id; quantity: number }[], day: string | null = null) =>
  post<{ prices: PriceAnswer[] }>('/api/v1/prices/ask', { account_id: account, day, products }).then((answer) => answer.prices);
export const revise = (quote: Id) => post<Written>(`/api/v1/quotes/${quote}/revise`, {});
export const accept = (quote: Id) => post<Accepted>(`/api/v1/quotes/${quote}/accept`, {});
export const document = (plural: 'quotes' | 'orders', id: Id, language: string) => download('GET', `/api/v1/${plural}/${id}/document`, { query: { language }, dated: false });
export const ubl = (order: Id) => download('GET', `/api/v1/orders/${order}/ubl`, { dated: false });
