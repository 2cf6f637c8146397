// Records that others point to: asked for together, once, so that a link is shown by its title and never by its id.
import { SvelteMap } from 'svelte/reactivity';
import { Problem } from '../../api/client';
import { list } from '../../api/records';
import { customersOfCases } from '../../api/service';
import type { Id, Stored, TypeDeclaration } from '../../api/types';
import { quote } from '../../lib/cql';
import { declarations } from '../../state/declarations.svelte';
import { live } from '../../state/live.svelte';
import { view } from '../../state/view.svelte';
import { words } from './values';

/** So many ids fit into one address. */
const TOGETHER = 40;

class Links {
  /** By `type/id`; null is a record that is not there for whoever asks. */
  #known = new SvelteMap<string, Stored | null>();
  #wanted = new Map<string, Set<Id>>();
  /** What those are called that may be named, but not seen: customers of cases that one may see. */
  #named = new SvelteMap<string, string>();
  #asked = new Set<string>();
  #date: string | null = null;

  constructor() {
    live.on((events) => {
      for (const event of events) {
        if (event.type === '*') this.#forget();
        else if (this.#known.has(`${event.type}/${event.id}`)) this.#want(event.type, event.id);
      }
    });
  }

  /** The record at the shown date; undefined until it is known. */
  record(type: string, id: Id): Stored | null | undefined {
    if (this.#date !== view.asOf) {
      const date = view.asOf;
      // Not inside the computation that asks: what it reads must not change under it.
      queueMicrotask(() => {
        if (this.#date === date) return;
        this.#date = date;
        this.#forget();
      });
    }
    const key = `${type}/${id}`;
    const found = this.#known.get(key);
    if (found === undefined && !this.#asked.has(key)) this.#want(type, id);
    return found;
  }

  /** What a record is called; undefined until it is known, null when there is none to be seen. */
  title(type: string, id: Id): string | null | undefined {
    const record = this.record(type, id);
    if (record === null) return this.#named.get(`${type}/${id}`) ?? null;
    return record ? (this.titleOf(record) ?? undefined) : record;
  }

  /** What a record at hand is called; a title that is a link is the title of what it points to. */
  titleOf(record: Stored): string | null | undefined {
    const declared = declarations.type(record.type);
    const field = declared?.fields.find((one) => one.name === declared.title);
    const value = field ? (record.fields[field.name] ?? null) : null;
    if (!field || value === null || value === '') return declared ? (address(record) || declarations.typeLabel(record.type)) : undefined;
    if (field.kind === 'link' && field.to) return this.title(field.to, String(value));
    return words(field, value);
  }

  /** Keeps a record that came by another way. */
  put(record: Stored): void {
    if (this.#date === view.asOf) this.#known.set(`${record.type}/${record.id}`, record);
  }

  #forget(): void {
    this.#known.clear();
    this.#named.clear();
    this.#asked.clear();
  }

  #want(type: string, id: Id): void {
    if (this.#wanted.size === 0) queueMicrotask(() => void this.#fetch());
    const ids = this.#wanted.get(type) ?? new Set();
    this.#wanted.set(type, ids.add(id));
    this.#asked.add(`${type}/${id}`);
  }

  async #fetch(): Promise<void> {
    const wanted = this.#wanted;
    this.#wanted = new Map();
    await Promise.all([...wanted].map(async ([type, set]) => {
      const declared = declarations.type(type);
      const ids = [...set];
      if (!declared) {
        // Before the declarations are there nobody knows where to ask.
        for (const id of ids) this.#asked.delete(`${type}/${id}`);
        return;
      }
      for (let from = 0; from < ids.length; from += TOGETHER) await this.#some(declared, ids.slice(from, from + TOGETHER));
    }));
  }

  async #some(type: TypeDeclaration, ids: Id[]): Promise<void> {
    const date = view.asOf;
    try {
      const { records } = await list(type.plural, { filter: `id IN (${ids.map(quote).join(', ')})`, limit: TOGETHER });
      // Meanwhile another date is shown: what was asked for is forgotten already.
      if (date !== view.asOf) return;
      const unseen = ids.filter((id) => !records.some((record) => record.id === id));
      if (type.name === 'account' && unseen.length > 0) {
        for (const { id, name } of await customersOfCases(unseen)) this.#named.set(`account/${id}`, name);
        if (date !== view.asOf) return;
      }
      for (const id of ids) this.#known.set(`${type.name}/${id}`, records.find((record) => record.id === id) ?? null);
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      // Types that a role may not read at all are refused; what was not reached is asked again.
      if (problem.status === 403) for (const id of ids) this.#known.set(`${type.name}/${id}`, null);
      else for (const id of ids) this.#asked.delete(`${type.name}/${id}`);
    }
  }
}

/** Places are mostly nameless: they are called by their address. */
function address({ fields }: Stored): string {
  const street = [fields['street'], fields['house_number']].filter(Boolean).join(' ');
  return [street, fields['city']].filter(Boolean).join(', ');
}

export const links = new Links();
