// Scenarios: branches of the territories with steps, figures, review, balance and publication; what moved and objections.
// Times are milliseconds, local days `YYYY-MM-DD`, money minor units, hours per week.
import type { MultiPolygon } from 'geojson';
import { get, post, request } from './client';
import type { Area, Id, Job } from './types';

export interface Named { id: Id; name: string }
export type ScenarioState = 'draft' | 'review' | 'approved' | 'queued' | 'published' | 'reverted' | 'discarded';

export interface ScenarioHead {
  id: Id; name: string; note: string | null; state: ScenarioState; base_at: number; base_label: string;
  /** Territories were changed since it branched off. */
  superseded: boolean;
  operations: number; created_at: number; edited_at: number | null; owner_id: Id | null; owner_name: string | null; copied_from: Named | null;
  publish_at: number | null; published_at: number | null; publication: Id | null; reverted_at: number | null; holdover_days: number | null;
  requested_by: string | null; approved_by: string | null; comments: number; objections_open: number; version: number;
  /** Why it did not become true on its date. */
  blocked: string | null;
}
export type Act = 'edit' | 'request' | 'approve' | 'publish' | 'withdraw' | 'revert' | 'discard';
export interface Operation {
  id: Id; number: number; kind: string; title: string; body: Record<string, unknown>; undone: boolean; undone_at: number | null;
  made_at: number; made_by: string | null; places: number; comments: number;
}
export interface Scenario extends ScenarioHead {
  operations_list: Operation[];
  /** Null: may be done; else why not, in words. */
  can: Record<Act, string | null>;
}
export interface ScenarioList { scenarios: ScenarioHead[]; approval_needed: boolean; open_objections: number }

export interface Member { user_id: Id; role: string; share: number | null }
export type Move = { kind: 'move'; to: Id | null; from?: Id[]; line?: string }
  & ({ geometry: Area } | { location_ids: Id[] } | { boundary_ids: string[] } | { codes: string[] });
export type Change =
  | Move
  | { kind: 'reshape'; territory_id: Id; geometry: Area; neighbours?: 'cut' | 'keep' }
  | { kind: 'add'; name: string; geometry?: Area; location_ids?: Id[]; owner_id?: Id }
  | { kind: 'set'; territory_id: Id; name?: string; colour?: number; capacity_hours?: number | null; priority?: number | null }
  | { kind: 'remove'; territory_id: Id; to: Id | null }
  | { kind: 'members'; territory_id: Id; members: Member[] }
  | { kind: 'lock'; territory_id: Id; locked: boolean }
  | { kind: 'leave'; territory_id: Id }
  | { kind: 'join'; name: string; owner_id?: Id; lng?: number; lat?: number };

export type DriveBasis = 'plan' | 'estimate';
export interface Measures {
  accounts: number; prospects: number; places: number; revenue: number; pipeline: number;
  visit_hours: number; drive_hours: number; drive_basis: DriveBasis;
  /** Visits and driving. */
  hours: number;
  open_deals: number;
}
/** `territory_id` null: the territory that would be made; `none`: places of no territory. */
export interface CardSide { territory_id: Id | 'none' | null; name: string; colour: number | null; before: Measures; after: Measures }
export interface Card {
  sides: CardSide[]; moved_count: number;
  /** The first 200. */
  moved: { location_id: Id; name: string; from: Named | null; to: Named | null }[];
  selection: Measures; left_out: { locked: number };
  problem: { code: string; message: string; lng: number | null; lat: number | null } | null; took_ms: number;
}

export type TerritoryChange = 'same' | 'changed' | 'added' | 'removed';
export interface LayoutTerritory {
  id: Id; name: string; colour: number; line: string | null; parent_id: Id | null; owner_id: Id | null; owner_name: string | null;
  members: { user_id: Id; name: string; role: string; share: number | null }[];
  capacity_hours: number | null; priority: number | null; locked: boolean; change: TerritoryChange; named: number;
  geometry: MultiPolygon | null;
  before: { geometry?: MultiPolygon | null; name: string; owner_name: string | null } | null;
}
export interface Layout { as_of: number; territories: LayoutTerritory[] }
/** Places whose territory is another than in the base: an index into `territories`, -1 for nobody. */
export interface Owners { territories: Id[]; places: [Id, number][]; count: number }

export interface Summary {
  territories: number; imbalance: number; spread: number; worst: { territory_id: Id; name: string; hours: number } | null; visit_hours: number; drive_hours: number;
  drive_basis: DriveBasis; compactness: number; places_moved: number; accounts_moved: number; revenue_moved: number;
  reps_changed: number; reps: number; unassigned: number;
}
export interface TotalsRow {
  territory_id: Id | null; name: string; colour: number | null; change: TerritoryChange; owner_name: string | null; locked: boolean; capacity_hours: number | null;
  before: Measures | null; after: Measures | null; compactness_before: number | null; compactness_after: number | null;
}
export interface Totals { rows: TotalsRow[]; summary: { before: Summary; after: Summary }; as_of: number; took_ms: number }

export interface Group {
  from: Named | null; to: Named | null; places: number; accounts: number; revenue: number; pipeline: number; visit_hours: number;
  drive_hours_change: number; km_change: number; open_deals: number; operations: Id[];
}
export interface RepChange { user_id: Id; name: string; gains: number; losses: number; hours_before: number; hours_after: number }
export interface Diff {
  against: string; groups: Group[]; territories: { id: Id; name: string; change: TerritoryChange; what: string[] }[]; reps: RepChange[];
  summary: { before: Summary; after: Summary };
}
export interface DiffPlace {
  location_id: Id; account_id: Id; name: string; city: string | null; class: string | null; from: Named | null; to: Named | null;
  reason: string | null; revenue: number | null; pipeline: number | null; lng: number | null; lat: number | null;
}
export interface Comparison {
  columns: Named[];
  rows: { measure: string; label: string; unit: 'h/week' | 'money' | 'count' | 'ratio'; better: 'less' | 'more' | 'none'; values: (number | null)[]; best: number[] }[];
}

export type BalanceMeasure = 'hours' | 'visit_hours' | 'accounts' | 'places' | 'revenue' | 'pipeline';
export interface Range { measure: BalanceMeasure; territory_id?: Id | null; low?: number; high?: number }
export interface BalanceWish {
  territory_ids: Id[]; measures: { measure: BalanceMeasure; tolerance?: number; low?: number; high?: number }[]; ranges?: Range[];
  keep_share?: number; by?: 'line' | 'drive'; locks?: Id[]; seed?: number;
}
export type Loads = Partial<Record<BalanceMeasure, number>>;
export interface BalanceResult {
  imbalance_before: number; imbalance: number; moved_share: number; moved_places: number; distance_km: number;
  rows: { territory_id: Id; name: string; before: Loads; after: Loads; target: number | null }[];
  unmet: { measure: BalanceMeasure; territory_id: Id; load: number; low: number | null; high: number | null }[];
  geometry: { territory_id: Id; geometry: MultiPolygon | null }[];
  places: [Id, Id][];
}
export interface Balance {
  id: Id; scenario_id: Id; state: 'running' | 'ready' | 'failed' | 'kept'; job: Job | null; question: BalanceWish; message: string | null;
  /** A range that would do where the one asked for cannot be met. */
  relax: { measure: BalanceMeasure; territory_id: Id | null; low: number | null; high: number | null } | null;
  stale: boolean;
  /** Milliseconds, imbalance, share that moved. */
  curve: [number, number, number][];
  result: BalanceResult | null;
}

export interface Comment {
  id: Id; kind: string; text: string; author_id: Id | null; author_name: string | null; at: number;
  operation_id: Id | null; location_id: Id | null; lng: number | null; lat: number | null;
}
export interface Conflict {
  unit: string; kind: string; title: string; territory_id: Id | null; location_id: Id | null; lng: number | null; lat: number | null;
  base: { text: string }; yours: { text: string }; theirs: { text: string; by?: string | null };
}
export interface Merge {
  superseded: boolean; since: { change_set: Id; label: string; author_name: string | null; at: number }[]; merged: number;
  /** The first 500. */
  conflicts: Conflict[];
  conflict_count: number;
}
/** The unit `*` settles everything that is not named. */
export interface Resolution { unit: string; take: 'yours' | 'theirs' }

export interface Consequences {
  text: string; places: number; accounts: number; reps: string[]; open_deals: number; closed_deals: number; at: number;
  territories: { added: number; removed: number; changed: number }; conflicts: Conflict[];
  /** Accounts that pass to another owner with their place, unless owners are kept. */
  accounts_passing: number;
  overlaps: TerritoryClash[];
  /** Why it may not be published as it stands, such as an approval that is missing. */
  not_yet: string | null; empty: boolean;
}
/** Ground or codes that two territories would claim and did not before; the first has it. */
export interface TerritoryClash {
  territory_ids: string[]; territories: string[]; cause: string; codes: string[];
  lng?: number | null; lat?: number | null; square_meters?: number | null; text: string;
}
export interface Publication { from?: string | null; holdover_days?: number | null; keep_account_owners?: boolean; message?: string }
export interface Published { scenario: Scenario; change_set: Id | null; moved: number; at: number }
export interface Queued { scenario_id: Id; name: string; at: number; blocked: string | null }
export interface Fingerprint { as_of: number; hash: string; assignments: number; territories_hash: string }

export interface MovedPlace {
  location_id: Id; account_id: Id; name: string; city: string | null; lng: number | null; lat: number | null;
  from: (Named & { owner_name: string | null }) | null; to: (Named & { owner_name: string | null }) | null;
  reason: string | null; revenue: number | null; pipeline: number | null; open_deals: number; holdover_until: number | null;
  objection: { id: Id; state: string; reason: string; answer: string | null } | null;
}
export interface MoveLetter {
  scenario_id: Id; name: string; at: number; state: 'queued' | 'published' | 'reverted'; text: string;
  lost: MovedPlace[]; gained: MovedPlace[]; lost_count: number; gained_count: number; hours_before: number | null; hours_after: number | null;
}
export interface Objection {
  id: Id; scenario_id: Id; scenario_name: string; location_id: Id; account_id: Id; name: string; user_id: Id; user_name: string | null; reason: string;
  state: 'open' | 'accepted' | 'declined' | 'withdrawn'; answer: string | null; answered_by: string | null; at: number;
  change: { kind: 'move'; to: Named | null; from: Named | null }; effect: Card | null;
}

const all = '/api/v1/scenarios';
const at = (id: Id) => `${all}/${id}`;
const now = (signal?: AbortSignal) => ({ dated: false, signal });
interface Written { scenario: Scenario; change_set: Id | null }

export const list = (signal?: AbortSignal) => get<ScenarioList>(all, now(signal));
export const create = (wish: { name?: string } = {}) => post<Scenario>(all, wish);
export const copy = (id: Id, name?: string) => post<Scenario>(`${at(id)}/copy`, name ? { name } : {});
export const read = (id: Id, signal?: AbortSignal) => get<Scenario>(at(id), now(signal));
export const change = (id: Id, fields: { name?: string; note?: string }) => request<Scenario>('PATCH', at(id), { body: fields });
export const discard = (id: Id) => request<Scenario>('DELETE', at(id));
export const settings = () => get<{ approval_needed: boolean }>(`${all}/settings`, now());
export const setSettings = (approval_needed: boolean) => request<{ approval_needed: boolean }>('PUT', `${all}/settings`, { body: { approval_needed } });

export const operate = (id: Id, change: Change) => post<Written & { operation: Operation }>(`${at(id)}/operations`, change);
export const preview = (id: Id, change: Change, signal?: AbortSignal) => post<Card>(`${at(id)}/preview`, change, { signal });
export const undo = (id: Id, operation: Id | null = null) => post<Written>(operation ? `${at(id)}/operations/${operation}/undo` : `${at(id)}/undo`, {});
export const redo = (id: Id, operation: Id | null = null) => post<Written>(operation ? `${at(id)}/operations/${operation}/redo` : `${at(id)}/redo`, {});

export const layout = (id: Id, signal?: AbortSignal) => get<Layout>(`${at(id)}/layout`, now(signal));
export const owners = (id: Id, signal?: AbortSignal) => get<Owners>(`${at(id)}/owners`, now(signal));
export const totals = (id: Id, signal?: AbortSignal) => get<Totals>(`${at(id)}/totals`, now(signal));
export const diff = (id: Id, against: string, signal?: AbortSignal) => get<Diff>(`${at(id)}/diff`, { query: { against }, ...now(signal) });
export const diffPlaces = (id: Id, query: { against: string; from: Id | 'none'; to: Id | 'none'; limit: number; cursor?: string | null }, signal?: AbortSignal) =>
  get<{ rows: DiffPlace[]; count: number; next_cursor: string | null }>(`${at(id)}/diff/places`, { query, ...now(signal) });
export const compare = (ids: string[], signal?: AbortSignal) => get<Comparison>(`${all}/compare`, { query: { ids: ids.join(',') }, ...now(signal) });

/** What a rep's weeks are, on average; nights, visits and unmet over all of them. */
export interface PlannedWeek {
  visit_hours: number; drive_hours: number; hours: number; km: number; overtime_hours: number; nights_away: number; visits: number; unmet: number; cost: number | null;
}
/** Weeks planned over the roads for the reps whom a scenario concerns. */
export interface Prices {
  state: 'none' | 'running' | 'ready' | 'failed'; created_at: number | null; job: Job | null; message: string | null;
  /** The scenario was changed since. */
  stale: boolean; first_day: string | null; last_day: string | null;
  rows: { user_id: Id; name: string; message: string | null; changed: boolean; before: PlannedWeek | null; after: PlannedWeek | null }[];
  took_ms: number | null;
}
export interface SizePoint {
  reps: number; visit_hours: number; drive_hours: number; mean_hours: number; most_hours: number; coverage: number; imbalance: number; distance_km: number;
  cost: number | null; homes: { lng: number; lat: number; user_id: Id | null; user_name: string | null; places: number; hours: number }[];
}
/** What today's homes count for. */
export const homesCounts = ['free', 'pulled', 'pinned'] as const;
export type HomesCount = (typeof homesCounts)[number];
export interface Sizes { points: SizePoint[]; took_ms: number }
export const price = (id: Id, wish: { weeks?: number; everybody?: boolean }) => post<Prices>(`${at(id)}/prices`, wish);
export const prices = (id: Id, signal?: AbortSignal) => get<Prices>(`${at(id)}/prices`, now(signal));
export const sizes = (id: Id, wish: { from: number; to: number; rep_hours?: number; homes?: HomesCount }, signal?: AbortSignal) => post<Sizes>(`${at(id)}/sizes`, wish, now(signal));
export const balance = (id: Id, wish: BalanceWish) => post<Balance>(`${at(id)}/balances`, wish);
export const balanceNow = (id: Id, balance: Id, signal?: AbortSignal) => get<Balance>(`${at(id)}/balances/${balance}`, now(signal));
export const stopBalance = (id: Id, balance: Id) => post<Balance>(`${at(id)}/balances/${balance}/stop`, {});
export const keepBalance = (id: Id, balance: Id) => post<Written & { operation: Operation }>(`${at(id)}/balances/${balance}/keep`, {});
export const dropBalance = (id: Id, balance: Id) => request<void>('DELETE', `${at(id)}/balances/${balance}`);

export const comments = (id: Id, signal?: AbortSignal) => get<{ comments: Comment[] }>(`${at(id)}/comments`, now(signal)).then((answer) => answer.comments);
export const comment = (id: Id, body: { text: string; operation_id?: Id; lng?: number; lat?: number; location_id?: Id }) => post<Comment>(`${at(id)}/comments`, body);
export const dropComment = (id: Id, comment: Id) => request<void>('DELETE', `${at(id)}/comments/${comment}`);
export const ask = (id: Id, text: string) => post<Scenario>(`${at(id)}/request`, text ? { text } : {});
export const approve = (id: Id, text: string) => post<Scenario>(`${at(id)}/approve`, text ? { text } : {});
export const requestChanges = (id: Id, text: string) => post<Scenario>(`${at(id)}/request-changes`, { text });

export const merge = (id: Id, signal?: AbortSignal) => get<Merge>(`${at(id)}/merge`, now(signal));
export const update = (id: Id, resolutions: Resolution[]) => post<Written>(`${at(id)}/update`, { resolutions });
export const consequences = (id: Id, query: { from?: string; holdover_days?: number | null }, signal?: AbortSignal) =>
  get<Consequences>(`${at(id)}/consequences`, { query, ...now(signal) });
export const publish = (id: Id, wish: Publication) => post<Published>(`${at(id)}/publish`, wish);
export const withdraw = (id: Id) => post<Scenario>(`${at(id)}/withdraw`, {});
export const revert = (id: Id, wish: { keep_later?: boolean } = {}) => post<Published>(`${at(id)}/revert`, wish);
export const queue = () => get<{ queue: Queued[] }>('/api/v1/territories/queue', now()).then((answer) => answer.queue);
/** Of who has which place at a moment. */
export const fingerprint = (moment: number | null = null) => get<Fingerprint>('/api/v1/territories/hash', { query: { as_of: moment }, dated: false });

export const moves = (user: Id | null, signal?: AbortSignal) =>
  get<{ publications: MoveLetter[] }>('/api/v1/moves', { query: { user }, ...now(signal) }).then((answer) => answer.publications);
export const object = (scenario: Id, location_id: Id, reason: string) => post<Objection>(`${at(scenario)}/objections`, { location_id, reason });
export const objections = (state: string | null, signal?: AbortSignal) =>
  get<{ objections: Objection[] }>('/api/v1/objections', { query: { state }, ...now(signal) }).then((answer) => answer.objections);
export const objection = (id: Id, signal?: AbortSignal) => get<Objection>(`/api/v1/objections/${id}`, now(signal));
export const acceptObjection = (id: Id, answer: string) =>
  post<{ objection: Objection; scenario_id: Id; operation_id: Id | null; change_set: Id | null }>(`/api/v1/objections/${id}/accept`, answer ? { answer } : {});
export const declineObjection = (id: Id, answer: string) => post<{ objection: Objection; change_set: Id | null }>(`/api/v1/objections/${id}/decline`, { answer });
export const withdrawObjection = (id: Id) => post<{ objection: Objection; change_set: Id | null }>(`/api/v1/objections/${id}/withdraw`, {});
