// The region that is asked about: its shape, the two dates, the answer, and the rows behind a figure.
import * as api from '../../api/regions';
import { save } from '../../api/client';
import { create, list, read } from '../../api/records';
import type { Area, Customer, Figures, Id, RowKind, ShapeInput, Snapshot, SnapshotQuestion, Stored, Value } from '../../api/types';
import { addDays } from '../../i18n/format';
import { t } from '../../i18n/index.svelte';
import { decodeShape, encodeShape } from '../../lib/shape-code';
import { feature } from '../../map/geometry';
import { stage } from '../../map/stage.svelte';
import { attempt, feedback } from '../../state/feedback.svelte';
import { Resource } from '../../state/resource.svelte';
import { session } from '../../state/session.svelte';
import { isLocalDate } from '../../state/url';
import { view } from '../../state/view.svelte';

export interface Trend { dates: string[]; customers: number[]; revenue: number[] }
export interface Rows { kind: RowKind; title: string; rows: Customer[]; count: number; cursor: string | null }

class Region {
  /** A drawn shape too long for the address. */
  #long = $state.raw<ShapeInput | null>(null);
  readonly snapshot = new Resource<Snapshot>();
  readonly trend = new Resource<Trend>();
  readonly saved = new Resource<Stored[]>();
  rows = $state.raw<Rows | null>(null);

  get shape(): ShapeInput | null {
    return decodeShape(view.extra('shape')) ?? this.#long;
  }

  /** The second date, if two are compared. */
  get compareTo(): string | null {
    const date = view.extra('b');
    return isLocalDate(date) ? date : null;
  }

  get question(): SnapshotQuestion {
    const compare = this.compareTo;
    return {
      shape: this.shape,
      ...(view.filter ? { filter: view.filter } : {}),
      ...(view.asOf ? { as_of: view.asOf } : {}),
      ...(compare ? { compare_to: compare } : {}),
    };
  }

  /** The kept region that is shown; null while the shape is nobody's yet, or was changed. */
  get kept(): Stored | null {
    const id = view.extra('region');
    return (id && this.saved.value?.find((one) => one.id === id)) || null;
  }

  /** `of`: the kept region whose shape it is. */
  setShape(shape: ShapeInput | null, of: Id | null = null): void {
    const text = encodeShape(shape);
    this.#long = shape && !text ? shape : null;
    this.rows = null;
    this.trend.clear();
    const { shape: _shape, region: _region, ...extra } = view.extras;
    view.go({ extra: { ...extra, ...(text ? { shape: text } : {}), ...(of ? { region: of } : {}) } });
  }

  ask(): void {
    const { question } = this;
    void this.snapshot.load((signal) => api.snapshot(question, signal));
  }

  /** While a corner is dragged: the answer to the shape as it is now, without touching the address. */
  askFor(area: Area): void {
    const question = { ...this.question, shape: { geometry: area } };
    void this.snapshot.load((signal) => api.snapshot(question, signal));
  }

  async open(kind: RowKind, title: string, filter = ''): Promise<void> {
    const question = { ...this.question, ...(filter ? { filter: [this.question.filter, filter].filter(Boolean).join(' AND ') } : {}) };
    const found = await attempt(() => api.rows(question, kind, 200, null));
    if (!found) return;
    this.rows = { kind, title, rows: found.rows, count: found.count, cursor: found.next_cursor ?? null };
    stage.draw('marks', kind === 'all' ? [] : found.rows.flatMap((row) => (row.lng !== null && row.lat !== null
      ? [feature({ type: 'Point', coordinates: [row.lng, row.lat] }, { kind: 'caught' })] : [])));
  }

  async more(): Promise<void> {
    const { rows } = this;
    if (!rows?.cursor) return;
    const next = await attempt(() => api.rows(this.question, rows.kind, 200, rows.cursor));
    if (next) this.rows = { ...rows, rows: [...rows.rows, ...next.rows], cursor: next.next_cursor ?? null };
  }

  closeRows(): void {
    this.rows = null;
    stage.draw('marks', []);
  }

  async export(format: 'csv' | 'geojson'): Promise<void> {
    const file = await attempt(() => api.exportRows(this.question, format));
    if (file) save(file);
  }

  /** The same question at the ends of the last twelve months. */
  async loadTrend(): Promise<void> {
    const today = view.asOf ?? session.now.today;
    const first = `${today.slice(0, 7)}-01`;
    const dates: string[] = [today];
    for (let i = 0, at = first; i < 11; i += 1, at = `${addDays(at, -1).slice(0, 7)}-01`) dates.unshift(addDays(at, -1));
    const { shape, filter } = this.question;
    await this.trend.load(async (signal) => {
      const figures: Figures[] = [];
      for (const date of dates) {
        const answer = await api.snapshot({ shape, ...(filter ? { filter } : {}), ...(date === session.now.today ? {} : { as_of: date }) }, signal);
        figures.push(answer.a);
      }
      return { dates, customers: figures.map((one) => one.customers), revenue: figures.map((one) => one.revenue) };
    });
  }

  async loadSaved(): Promise<void> {
    await this.saved.load(async (signal) => (await list('regions', { sort: 'name', limit: 200 }, signal)).records);
  }

  async keep(name: string): Promise<void> {
    const { shape } = this;
    if (!shape) return;
    const written = await attempt(() => create('regions', { name, shape: shape as unknown as Value, owner_id: session.now.user.id }));
    if (!written) return;
    feedback.done(t('reg.said.saved', { name }), written.change_set);
    await this.loadSaved();
    // From now on it is that region which is shown, with what is said about it.
    if (this.shape === shape || encodeShape(this.shape) === encodeShape(shape)) this.setShape(shape, written.record.id);
  }

  /** An address that names a kept region alone: its shape is looked up. */
  async openNamed(): Promise<void> {
    const id = view.extra('region');
    if (!id || this.shape) return;
    const record = await attempt(() => read('regions', id));
    if (record) this.openSaved(record);
  }

  /** The shape of a kept region: what was put in, or plain GeoJSON from elsewhere. */
  openSaved(record: Stored): void {
    const stored = record.fields['shape'] as unknown as ShapeInput | Area;
    this.setShape('type' in stored ? { geometry: stored } : stored, record.id);
  }
}

export const region = new Region();
