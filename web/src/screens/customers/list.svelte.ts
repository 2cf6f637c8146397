// The list of customers under the filter of the address, page by page, and what is ticked in it.
import { customers } from '../../api/customers';
import type { Customer, CustomerPage } from '../../api/types';
import { attempt } from '../../state/feedback.svelte';
import { Resource } from '../../state/resource.svelte';
import { view } from '../../state/view.svelte';

const PAGE = 200;

class CustomerList {
  readonly page = new Resource<CustomerPage>();
  #more = $state.raw<Customer[]>([]);
  #cursor = $state<string | null>(null);
  #loadingMore = false;
  /** Typed search; never part of the address. */
  query = $state('');
  /** The row the keyboard is on. */
  at = $state(-1);
  ticked = $state.raw<Map<string, Customer>>(new Map());

  get rows(): Customer[] {
    return [...(this.page.value?.rows ?? []), ...this.#more];
  }

  get count(): number { return this.page.value?.count ?? 0; }
  get notPlaced(): number { return this.page.value?.not_placed ?? 0; }
  get hasMore(): boolean { return this.#cursor !== null; }
  get sort(): string { return view.extra('sort') || 'name'; }

  async load(): Promise<void> {
    const query = { filter: view.filter, q: this.query.trim(), sort: this.sort, limit: PAGE };
    await this.page.load((signal) => customers(query, signal));
    this.#more = [];
    this.#cursor = this.page.value?.next_cursor ?? null;
  }

  async more(): Promise<void> {
    if (!this.#cursor || this.#loadingMore || this.page.busy) return;
    this.#loadingMore = true;
    const cursor = this.#cursor;
    const next = await attempt(() => customers({ filter: view.filter, q: this.query.trim(), sort: this.sort, limit: PAGE, cursor }));
    this.#loadingMore = false;
    // A newer question may have been asked meanwhile.
    if (!next || cursor !== this.#cursor) return;
    this.#more = [...this.#more, ...next.rows];
    this.#cursor = next.next_cursor;
  }

  sortBy(column: string): void {
    view.keep('sort', this.sort === column ? `-${column}` : column);
  }

  tick(row: Customer): void {
    const next = new Map(this.ticked);
    if (!next.delete(row.location_id)) next.set(row.location_id, row);
    this.ticked = next;
  }

  tickAll(on: boolean): void {
    this.ticked = on ? new Map(this.rows.map((row) => [row.location_id, row])) : new Map();
  }

  /** The account before or after one in the list, with its place. */
  beside(account: string): { at: number; previous: Customer | undefined; next: Customer | undefined } {
    const at = this.rows.findIndex((row) => row.account_id === account);
    return { at, previous: at > 0 ? this.rows[at - 1] : undefined, next: at >= 0 ? this.rows[at + 1] : undefined };
  }
}

export const customerList = new CustomerList();
