// One customer with everything around it, kept fresh while it is shown.
import { card, ownership, timeline } from '../../api/customers';
import { change, list } from '../../api/records';
import { Problem } from '../../api/client';
import type { AccountCard, Id, Ownership, Stored, TimelineItem, Value } from '../../api/types';
import { addDays, instantOf } from '../../i18n/format';
import { t } from '../../i18n/index.svelte';
import { quote } from '../../lib/cql';
import { feedback } from '../../state/feedback.svelte';
import { live } from '../../state/live.svelte';
import { preferences } from '../../state/preferences.svelte';
import { Resource } from '../../state/resource.svelte';
import { session } from '../../state/session.svelte';
import { view } from '../../state/view.svelte';

/** What came of saving a field: saved, or somebody else's value stands against yours. */
export type Saved = { kind: 'saved' } | { kind: 'clash'; theirs: Value; version: number } | { kind: 'refused'; problem: Problem };

const plurals: Record<string, string> = { account: 'accounts', location: 'locations', contact: 'contacts', opportunity: 'opportunities' };

export class AccountState {
  readonly card = new Resource<AccountCard>();
  readonly owner = new Resource<Ownership>();
  /** Messages of theirs that did not go out as they should, or wait to: their state by id. */
  readonly letters = new Resource<Map<Id, string>>();
  readonly timeline = new Resource<{ items: TimelineItem[]; next_cursor: string | null }>();
  #more = $state.raw<TimelineItem[]>([]);
  #cursor = $state<string | null>(null);

  constructor(readonly id: Id) {}

  /** Loads, and loads again when something about this customer changes; the returned function stops. */
  start(): () => void {
    void this.load();
    const offUndo = feedback.afterUndo(() => void this.load());
    const off = live.on((events) => {
      const mine = new Set([this.id, ...(this.card.value?.locations.map((one) => one.record.id) ?? [])]);
      const around = ['visit', 'activity', 'opportunity', 'case', 'order', 'contact', 'assignment', '*'];
      if (events.some((event) => mine.has(event.id) || around.includes(event.type))) void this.load();
    });
    return () => {
      off();
      offUndo();
      for (const one of [this.card, this.timeline, this.letters, this.owner]) one.stop();
    };
  }

  get items(): TimelineItem[] {
    return [...(this.timeline.value?.items ?? []), ...this.#more];
  }

  get hasMore(): boolean {
    return this.#cursor !== null;
  }

  async load(): Promise<void> {
    await Promise.all([
      this.card.load((signal) => card(this.id, signal)),
      this.timeline.load((signal) => this.#page(null, signal)),
      this.#loadLetters(),
    ]);
    this.#more = [];
    this.#cursor = this.timeline.value?.next_cursor ?? null;
    const value = this.card.value;
    if (value) preferences.opened(this.id, String(value.account.fields['name'] ?? ''));
    const place = value?.locations[0];
    if (place) await this.owner.load((signal) => (place.ownership ? Promise.resolve(place.ownership) : ownership(place.record.id, {}, signal)));
  }

  /** One page of the timeline; at an earlier date only what had happened by the end of that day. */
  async #page(cursor: string | null, signal?: AbortSignal): Promise<{ items: TimelineItem[]; next_cursor: string | null }> {
    const until = view.asOf ? (instantOf(`${addDays(view.asOf, 1)}T00:00`) ?? Infinity) : Infinity;
    let page = await timeline(this.id, cursor, signal);
    let items = page.items.filter((item) => item.at < until);
    while (items.length === 0 && page.next_cursor) {
      page = await timeline(this.id, page.next_cursor, signal);
      items = page.items.filter((item) => item.at < until);
    }
    return { items, next_cursor: page.next_cursor };
  }

  async #loadLetters(): Promise<void> {
    if (!session.sees('activity')) return;
    const filter = `account_id = ${quote(this.id)} AND kind = 'email' AND mail_state IN ('queued', 'unclear', 'failed', 'bounced')`;
    await this.letters.load(async (signal) => new Map((await list('activities', { filter, limit: 200 }, signal)).records.map((one) => [one.id, String(one.fields['mail_state'])])));
  }

  async more(): Promise<void> {
    if (!this.#cursor) return;
    const next = await this.#page(this.#cursor);
    this.#more = [...this.#more, ...next.items];
    this.#cursor = next.next_cursor;
  }

  /** Saves one field against the version it was read at. */
  async save(record: Stored, field: string, value: Value, version = record.version): Promise<Saved> {
    try {
      const plural = plurals[record.type] ?? `${record.type}s`;
      const written = await change(plural, record.id, version, { [field]: value });
      const pending = record.type === 'location' && written.record.fields['geocode_status'] === 'pending' && record.fields['geocode_status'] !== 'pending';
      feedback.done(pending ? t('cust.addressChanged') : t('toast.saved'), written.change_set);
      void this.load();
      return { kind: 'saved' };
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      const current = problem.current as unknown as Stored | null;
      if (problem.status === 412 && current) return { kind: 'clash', theirs: current.fields[field] ?? null, version: current.version };
      return { kind: 'refused', problem };
    }
  }
}
