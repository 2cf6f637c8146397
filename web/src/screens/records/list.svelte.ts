// A list of records of one type under the address's filter, page by page.
import { count, list } from '../../api/records';
import type { FieldDeclaration, Stored, TypeDeclaration } from '../../api/types';
import { contains, toText, type Chip } from '../../lib/cql';
import { declarations } from '../../state/declarations.svelte';
import { attempt } from '../../state/feedback.svelte';
import { Resource } from '../../state/resource.svelte';
import { view } from '../../state/view.svelte';

const PAGE = 200;

/** How a type's records stand unless somebody says otherwise: what comes and goes newest first, the rest by title. */
const usual: Record<string, string> = {
  // What is open has not been solved at any time, and those come first.
  case: '-resolved_at,-opened_at',
  target: '-from_day',
  consent: '-given_at',
};
export function usualOrder(type: TypeDeclaration): string {
  const title = type.fields.find((one) => one.name === type.title);
  return usual[type.name] ?? (type.board ? '-id' : title && sortable(title) ? title.name : '');
}

/** Links would be sorted by what nobody sees; words only where the declaration keeps them folded for it. */
function sortable(field: FieldDeclaration): boolean {
  if (['link', 'json', 'long_text', 'opening_hours'].includes(field.kind)) return false;
  return field.sort || !['text', 'email', 'phone', 'url'].includes(field.kind);
}

export class RecordList {
  readonly page = new Resource<{ records: Stored[]; next_cursor: string | null }>();
  readonly counted = new Resource<number>();
  #more = $state.raw<Stored[]>([]);
  #cursor = $state<string | null>(null);
  #loadingMore = false;
  /** Typed search; never part of the address. */
  query = $state('');
  /** Conditions on fields that tell of a person; never part of the address either. */
  quiet = $state.raw<Chip[]>([]);
  /** The row the keyboard is on. */
  at = $state(-1);

  constructor(readonly type: TypeDeclaration) {}

  get rows(): Stored[] {
    return this.#more.length > 0 ? [...(this.page.value?.records ?? []), ...this.#more] : (this.page.value?.records ?? []);
  }

  get count(): number { return this.counted.value ?? this.rows.length; }
  get hasMore(): boolean { return this.#cursor !== null; }
  get filtered(): boolean { return this.filter !== ''; }
  get sort(): string { return view.extra('sort') || usualOrder(this.type); }

  /** Whether the list can be put in order by a field. */
  sorts(name: string | null): boolean {
    const field = this.type.fields.find((one) => one.name === name);
    return field !== undefined && sortable(field);
  }

  get filter(): string {
    const found = this.#search();
    return [view.extra('where'), toText(this.quiet), found].filter(Boolean).map((part) => (/\bOR\b/i.test(part) && part !== found ? `(${part})` : part)).join(' AND ');
  }

  /** The typed text in the title, or in the title of what the list's columns point to. */
  #search(): string {
    const part = this.query.trim();
    if (!part) return '';
    const fields = this.type.fields.filter((field) => field.name === this.type.title || this.type.list.includes(field.name));
    const ways = fields.flatMap((field) => {
      if (field.kind === 'text' && (field.sort || field.name === this.type.title)) return [contains(field.name, part, field.sort)];
      const title = field.kind === 'link' && field.to ? declarations.type(field.to)?.title : null;
      const named = title && field.to ? declarations.field(field.to, title) : undefined;
      return named?.kind === 'text' && named.sort ? [contains(`${field.name}.${named.name}`, part, true)] : [];
    });
    return ways.length > 1 ? `(${ways.join(' OR ')})` : (ways[0] ?? '');
  }

  async load(): Promise<void> {
    const filter = this.filter;
    await Promise.all([
      this.page.load((signal) => list(this.type.plural, { filter, sort: this.sort, limit: PAGE }, signal)),
      this.counted.load((signal) => count(this.type.plural, { filter }, signal)),
    ]);
    this.#more = [];
    this.#cursor = this.page.value?.next_cursor ?? null;
    this.at = Math.min(this.at, this.rows.length - 1);
  }

  async more(): Promise<void> {
    if (!this.#cursor || this.#loadingMore || this.page.busy) return;
    this.#loadingMore = true;
    const cursor = this.#cursor;
    const next = await attempt(() => list(this.type.plural, { filter: this.filter, sort: this.sort, limit: PAGE, cursor }));
    this.#loadingMore = false;
    // A newer question may have been asked meanwhile.
    if (!next || cursor !== this.#cursor) return;
    this.#more = [...this.#more, ...next.records];
    this.#cursor = next.next_cursor;
  }

  sortBy(column: string): void {
    view.keep('sort', this.sort === column ? `-${column}` : column);
  }

  /** The record before or after one in the list, with its place. */
  beside(id: string): { at: number; previous: Stored | undefined; next: Stored | undefined } {
    const at = this.rows.findIndex((row) => row.id === id);
    return { at, previous: at > 0 ? this.rows[at - 1] : undefined, next: at >= 0 ? this.rows[at + 1] : undefined };
  }
}

const lists = new Map<string, RecordList>();

/** The list of a type; the same each time, so that its place is kept while one looks at a record. */
export function listOf(type: TypeDeclaration): RecordList {
  const known = lists.get(type.name);
  if (known?.type === type) return known;
  const made = new RecordList(type);
  lists.set(type.name, made);
  return made;
}
