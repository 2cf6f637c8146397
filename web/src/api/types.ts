// The shapes that travel between the server and the screens. Longitude first; times are milliseconds
// since 1970, local dates are `YYYY-MM-DD`, amounts of money are minor units.
import type { Feature, Geometry, LineString, MultiPolygon, Polygon } from 'geojson';

export type Id = string;
export type Role = 'manager' | 'rep' | 'analyst' | 'admin';
export type DueState = 'overdue' | 'due' | 'later' | 'none' | 'appointment' | 'done';
export type Area = Polygon | MultiPolygon;

export type Scope = 'none' | 'own' | 'territory' | 'team' | 'all' | 'shared';
export interface Rights { read: Scope; create: boolean; write: Scope; delete: Scope }

export interface Session {
  user: { id: Id; name: string; email: string; role: Role; language: 'en' | 'de' };
  rights: Record<string, Rights>;
  map: { bounds: [number, number, number, number]; center: [number, number]; attribution: string; extract_date: number | null; hash: string } | null;
  time_zone: string;
  today: string;
  now: number;
  currency: string;
  data_version: number;
  demo: boolean;
  landing: string;
}

export interface DemoOffer { demo: boolean; accounts: { email: string; name: string; role: Role }[]; password: string | null }

export type Value = string | number | boolean | null | Value[] | { [key: string]: Value };

export interface May { write: boolean; delete: boolean }
export interface Stored {
  id: Id; type: string; version: number; recorded_at: number; changed_by: Id | null; change_set: Id | null;
  /** What whoever reads it may do with it; where it was read as it is now. */
  may?: May | null;
  fields: { [name: string]: Value } & { custom?: { [name: string]: Value } };
}

export interface FieldDeclaration {
  name: string; kind: string; label: Record<'en' | 'de', string>; required: boolean; read_only: boolean; personal: boolean; sort: boolean;
  /** An administrator added it. */
  custom: boolean;
  choices: string[]; words: { [choice: string]: Record<'en' | 'de', string> }; to: string | null; unit: string | null; max: number | null;
}
export interface TypeDeclaration {
  name: string; plural: string; label: Record<'en' | 'de', string>; plural_label: Record<'en' | 'de', string>; title: string | null;
  place: boolean; validity: boolean;
  /** An administrator added it. */
  custom: boolean;
  /** The part of the program its records belong to, such as `sales`; null for what has a screen of its own. */
  area: string | null;
  /** The fields a list shows. */
  list: string[];
  /** The field by which records stand in the columns of a board. */
  board: string | null;
  fields: FieldDeclaration[];
}
export interface Revision {
  record: Stored; superseded_at: number | null; operation: string; author: Id | null; author_name: string | null; cause: string | null;
}
export interface ChangeSet {
  id: Id; label: string; cause: string | null; author: Id | null; author_name: string | null; at: number;
  changes: number; undone_by: Id | null; undoes: Id | null; caused_by: Id | null;
}
export interface UndoResult {
  change_set: Id | null; undone: number; blocked: { type: string; id: Id; title: string; reason: string; by: string | null }[];
}
export interface Written { record: Stored; change_set: Id }

export interface Customer {
  account_id: Id; location_id: Id; name: string; type: string | null; class: string | null; industry: string | null;
  owner_id: Id | null; owner_name: string | null; territory_id: Id | null; territory_name: string | null;
  street: string | null; postal_code: string | null; city: string | null; phone: string | null;
  revenue: number | null; pipeline: number | null; last_visit: number | null;
  due_state: DueState; due_days: number | null; lng: number | null; lat: number | null; geocode_status: string | null;
}
export interface CustomerPage { rows: Customer[]; count: number; not_placed: number; next_cursor: string | null }

export interface Rung { rule: string; applies: boolean; decides: boolean; text: string }
export interface Ownership {
  location_id: Id; owner_id: Id | null; owner_name: string | null; territory_id: Id | null; territory_name: string | null;
  since: number | null; cause: string | null; version_number: number | null; author_name: string | null;
  ladder: Rung[]; text: string;
  history: {
    owner_name: string | null; territory_name: string | null; from: number; to: number | null;
    recorded_at: number; superseded_at: number | null; cause: string | null; text: string;
  }[];
}
export interface AccountCard {
  account: Stored;
  locations: { record: Stored; customer: Customer | null; ownership?: Ownership | null }[];
  contacts: Stored[]; opportunities: Stored[];
  next_visit: { id: Id; at: number } | null;
  frequency: { days: number; source: string } | null;
}
export interface TimelineItem {
  id: Id; kind: string; at: number; title: string; text: string | null; by_name: string | null; planned: boolean; record_type: string; record_id: Id;
  /** Of an e-mail: whether it went out and arrived. */
  mail_state: string | null;
}
export interface SearchAnswer {
  records: { type: 'customer' | 'contact' | 'opportunity'; id: Id; account_id: Id; title: string; subtitle: string; lng: number | null; lat: number | null }[];
  places: { label: string; lng: number; lat: number; level: string }[];
  territories: { id: Id; name: string }[];
}
export type LegendField = `custom_${string}` | 'territory_id' | 'class' | 'type' | 'due_state' | 'industry' | 'owner_id';
export interface LegendEntry { value: string | null; label: string | null; count: number }
export interface Legend { entries: LegendEntry[]; not_placed: number }

export interface Totals {
  accounts: number; prospects: number; revenue: number; pipeline: number; visit_hours: number; drive_hours_estimate: number;
}
export interface Block { system: 'postcode' | 'municipality'; code: string; name: string; has_area: boolean }
export interface Condition { field: string; one_of?: string[]; from?: number | null; to?: number | null }
/** Whoever meets all conditions, everywhere or within another territory. */
export interface CustomerRule { conditions: Condition[]; within?: Id | null }
export interface ReachOf { lng: number; lat: number; minutes: number; label: string | null }
export interface Extent {
  is_drawn: boolean; blocks: Block[];
  reach: (ReachOf & { profile: string; map_hash: string; is_outdated: boolean }) | null;
  rules: CustomerRule[];
}
export interface CodesAnswer {
  blocks: Block[]; unknown: string[]; ambiguous: { text: string; choices: { code: string; name: string }[] }[]; geometry: Area | null;
}
export interface ReachDifference {
  map_hash: string; new_map_hash: string; geometry: Area; gained: Area; lost: Area; gained_km2: number; lost_km2: number;
}
export const memberRoles = ['owner', 'overlay', 'backup', 'manager'] as const;
export type MemberRole = (typeof memberRoles)[number];
export interface TerritoryMember { user_id: Id; role: MemberRole; share: number | null }
export interface Alternatives {
  territory: { id: Id; name: string } | null; distance_km: number | null;
  alternatives: {
    territory: { id: Id; name: string }; owner_name: string | null; distance_km: number | null;
    is_beside: boolean; is_farther: boolean; is_over_capacity: boolean; sides: PreviewSide[];
  }[];
}
export interface FairRow {
  user_id: Id; name: string; territories: { id: Id; name: string; share: number }[]; customers: number; revenue: number;
  visit_hours: number; drive_hours: number; drive_is_estimate: boolean; gained: number; lost: number;
}
export interface Fairness {
  as_of: number; since: number; people: FairRow[];
  distribution: { measure: string; mean: number; max_to_mean: number | null; gini: number | null }[];
  disrupted: number; continuity: number | null; cycle: string[] | null;
}
export const territoryFormats = ['geojson', 'gpkg', 'shp', 'kml', 'csv'] as const;
export type TerritoryFormat = (typeof territoryFormats)[number];
export interface TakenIn {
  format: TerritoryFormat;
  rows: { name: string; action: 'new' | 'changed' | 'same' | 'refused'; what: string[]; notes: string[] }[];
  created: number; changed: number; same: number; refused: number; change_set: Id | null; moved: number; accounts_passed: number;
}
export interface Territory {
  id: Id; name: string; colour: number; parent_id: Id | null; line: string | null;
  owner_id: Id | null; owner_name: string | null;
  members: { user_id: Id; name: string; role: string | null; share: number | null }[];
  geometry: MultiPolygon | null;
  extent: Extent; priority: number; capacity_hours: number | null;
  version: { id: Id; number: number; author_name: string | null; at: number; message: string | null; named: number } | null;
  record_version: number; totals: Totals; rolled_up: Totals;
}
export interface TerritoryOverview { territories: Territory[]; without: { locations: number; totals: Totals }; issues: number }
/** What came of a change of territories: by which change set to undo it, places that changed hands, accounts that went along. */
export interface TerritoryTaken { change_set: Id | null; moved: number; accounts_passed: number }
export interface TerritoryWritten extends TerritoryTaken { territory: Territory }
/** `null` is the territory that would be made, `none` are the places of no territory. */
export interface PreviewSide { territory_id: Id | 'none' | null; name: string; before: Totals; after: Totals }
export interface Preview {
  sides: PreviewSide[];
  moved: { location_id: Id; name: string; from: string | null; to: string | null }[];
  moved_count: number; accounts_passing: number; stay_count: number;
  overlaps: { territory_id: Id; name: string; locations: number }[];
  problem: { message: string; lng: number | null; lat: number | null } | null;
}
export interface LassoCatch {
  /** The first 5,000. */
  locations: { location_id: Id; account_id: Id; name: string; territory_id: Id | null }[];
  count: number;
  by_territory: { territory_id: Id | null; name: string; totals: Totals }[];
  totals: Totals;
}
export interface TerritoryIssues {
  overlaps: { a: { id: Id; name: string }; b: { id: Id; name: string }; geometry: Area; locations: { location_id: Id; account_id: Id; name: string }[] }[];
  gaps: { location_id: Id; account_id: Id; name: string; lng: number; lat: number; nearest: { id: Id; name: string } | null }[];
  gap_count: number;
  not_placed: { location_id: Id; account_id: Id; name: string }[];
  not_placed_count: number;
  outdated: { territory: { id: Id; name: string }; minutes: number; label: string | null }[];
}
export interface Boundary { id: string; name: string; kind: string; admin_level: number | null }

export interface Reason { code: string; text: string; amount: number | null }
export interface Leg { seconds: number; meters: number; geometry: LineString; streets?: string[] }
export interface HandOff { google: string; apple: string; waze: string; osmand: string; geo: string }
export interface Stop {
  seq: number; visit_id: Id; location_id: Id; account_id: Id; name: string; address: string; phone: string | null;
  lng: number; lat: number; due_state: DueState; due_days: number | null; class: string | null;
  arrive: number; start: number; depart: number; wait_s: number; service_s: number; leg: Leg;
  locked: { time: boolean; order: boolean; day: boolean }; promised_at: number | null;
  hours_today: [number, number][]; reasons: Reason[]; last_note: string | null; links: HandOff; late_s: number;
  check_in: { at: number; distance_m: number | null } | null; status: string;
}
export interface LeftOut {
  visit_id: Id; location_id: Id; account_id: Id; name: string; lng: number | null; lat: number | null;
  due_state: DueState; due_days: number | null; reasons: Reason[]; price_minutes: number | null;
  displaces: string[]; best_day: { date: string; minutes: number } | null;
}
export interface End { label: string; lng: number; lat: number; at: number }
export interface Plan {
  id: Id; date: string; user_id: Id; status: 'proposed' | 'draft' | 'accepted' | 'superseded'; seed: number; map_hash: string; computing_ms: number;
  totals: { meters: number; drive_s: number; visit_s: number; wait_s: number; start: number; end: number };
  start: End; end: End; stops: Stop[]; home_leg: Leg | null;
  lunch: { start: number; end: number; after_seq: number } | null;
  left_out: LeftOut[]; change_set?: Id | null; notes?: string[];
}
export interface Day {
  date: string; user: { id: Id; name: string }; shift: { start: number; end: number } | null;
  home: { lng: number; lat: number; label: string } | null; lunch: { minutes: number; from: number; to: number } | null;
  due: { overdue: number; due: number; appointments: number }; absent: string | null;
  plan: Plan | null; stale: boolean; message: string | null;
}
export interface PlanChange { visit_id: Id; name: string; kind: 'moved' | 'added' | 'dropped' | 'kept'; before: number | null; after: number | null; text: string }
export interface Replanned { plan: Plan; changes: PlanChange[] }

export type ShapeInput = { geometry: Geometry } | { territory_id: Id } | { boundary_id: string } | { reach: { lng: number; lat: number; minutes: number } };
export interface SnapshotQuestion { shape: ShapeInput | null; filter?: string; as_of?: string; compare_to?: string }
export interface Part { value: string | null; label: string; count: number; revenue: number }
export interface Figures {
  as_of: number; count: number; customers: number; prospects: number; not_placed: number; revenue: number; revenue_known: number; pipeline: number;
  pipeline_by_stage: { stage: string; label: string; count: number; amount: number }[];
  visits_90_days: number; coverage: number; by_class: Part[]; by_industry: Part[]; by_territory: Part[]; by_owner: Part[];
}
export type RowKind = 'all' | 'new' | 'lost' | 'came' | 'went' | 'grown' | 'shrunk';
export interface Snapshot {
  shape: Feature | null; rights_note: string | null; a: Figures; b: Figures | null;
  difference: { new: number; lost: number; came: number; went: number; grown: number; shrunk: number; customers: number; revenue: number } | null;
  took_ms: number;
}

export interface Job {
  id: Id; kind: string; state: 'queued' | 'running' | 'done' | 'failed' | 'cancelled'; done: number;
  /** 0 while unknown. */
  total: number;
  unit: string; message: string; user_id: Id | null; created_at: number; started_at: number | null; finished_at: number | null; result: Value;
}
export interface ImportColumn { index: number; header: string; samples: string[]; field: string | null; custom: boolean; confidence: number }
export interface ImportFault { part: number; row: number; line: number; column: string | null; read: string; message: string;
  /** Which sentence it is, and what stands in its gaps; empty for what the server alone can say. */
  code: string; params: Record<string, string> }
export type Duplicates = 'skip' | 'update' | 'fill' | 'create';
export interface ImportPartMapping {
  object: string | null; columns: { index: number; field: string | null; custom: boolean }[];
  decimal?: string | null; date_style?: string | null;
}
export interface ImportMapping {
  parts: ImportPartMapping[]; duplicates: Duplicates;
  /** Rows for which something else was chosen. */
  rows: { part: number; row: number; choice: Duplicates }[];
  /** Names that a person explained. */
  links: { to: string; read: string; id: Id }[];
}
export interface ImportSummary { rows: number; created: number; updated: number; skipped: number; failed: number; geocode: Record<string, number>; records: Record<string, number> }
/** One table of an upload: a list, a sheet, an address book. */
export interface ImportPart {
  index: number; file_name: string; sheet: string | null; object: string | null; format: 'csv' | 'xlsx' | 'vcard';
  encoding: string; delimiter: string; decimal: string; date_style: string; rows: number; columns: ImportColumn[];
  preset: string | null; fields: { name: string; label_en: string; label_de: string; required: boolean }[];
  summary: ImportSummary | null;
}
export interface Unresolved { to: string; read: string; rows: number; ambiguous: boolean }
export interface FoundDuplicate {
  part: number; row: number; line: number; title: string; type: string; id: Id | null; known_as: string; reasons: string[];
  distance_m: number | null; sure: boolean; fate: Duplicates;
}
export interface Import {
  id: Id; file_name: string; state: 'uploaded' | 'checking' | 'checked' | 'running' | 'done' | 'failed' | 'undone';
  rows: number; parts: ImportPart[]; objects: { name: string; label_en: string; label_de: string }[]; mapping: ImportMapping;
  summary: ImportSummary | null; errors: ImportFault[]; error_groups: { message: string; count: number }[];
  remarks: ImportFault[]; remark_groups: { message: string; count: number }[];
  unresolved: Unresolved[]; duplicates: FoundDuplicate[]; duplicate_count: number;
  message: string | null; change_set: Id | null; job: Job | null;
}

export interface RepairItem { location_id: Id; account_id: Id; name: string; text: string; status: string; reason: string | null; lng: number | null; lat: number | null }
export interface AlikeChoice { city: string; postal_code: string; label: string; lng: number; lat: number }
/** Places of the repair queue with the same street, postcode and town. */
export interface AlikeGroup { key: string; street: string; postal_code: string; city: string; count: number; choices: AlikeChoice[] }
/** What moved pins say about the look-up: by what it had claimed, the share that was within 250 m. */
export interface MovedPins { count: number; median_m: number | null; ninth_decile_m: number | null; by_confidence: { from: number; count: number; claimed: number; right: number }[] }
export interface PlacesSummary { by_status: Record<string, number>; by_level: Record<string, number>; total: number; moved: MovedPins }
export interface RepairQueue { groups: { key: string; label: string; count: number }[]; items: RepairItem[]; total: number; done: number; next_cursor: string | null }
export interface Candidate { lng: number; lat: number; label: string; level: string; confidence: number; why: string | null }
export interface CandidateAnswer { candidates: Candidate[]; status: string; why: string | null }

export interface Token { id: Id; name: string; scopes: string; created_at: number; expires_at: number; seen_at: number | null }
export interface PackInfo { extract_date: number | null; hash: string; tiles: number; bounds: [number, number, number, number]; sections: { name: string; bytes: number }[]; attribution: string }
export interface About { name: string; version: string; licence: string; map_attribution: string | null; map_licence: string | null; map_extract_date: number | null }
export interface AuditEntry { seq: number; at: number; operation: string; type: string; id: Id; change_set: Id | null; author: Id | null; cause: string | null; hash?: string }
export interface Verification { ok: boolean; entries: number; versions?: number; first_broken?: { seq: number | null; type: string; id: string; reason: string } | null; redacted: number }
