// What a reviewer has in front: the groups of changes, their places, which groups were seen, and what is lit on the map.
import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import * as api from '../../api/scenarios';
import type { Diff, DiffPlace, Group } from '../../api/scenarios';
import type { Id } from '../../api/types';
import { attempt } from '../../state/feedback.svelte';
import { Resource } from '../../state/resource.svelte';
import { scenario } from './scenario.svelte';

export interface GroupPlaces { rows: DiffPlace[]; count: number; cursor: string | null }
const PAGE = 200;
const STORAGE = 'bailiwick.seen.';

export const groupKey = (group: Group): string => `${group.from?.id ?? 'none'}>${group.to?.id ?? 'none'}`;
/** Changes with what is in the group, so that a changed group is unseen again. */
export const groupMark = (group: Group): string => `${groupKey(group)}:${group.places}:${group.revenue}:${group.operations.length}`;

class Reviewing {
  readonly diff = new Resource<Diff>();
  against = $state('base');
  readonly places = new SvelteMap<string, GroupPlaces>();
  readonly open = new SvelteSet<string>();
  readonly seen = new SvelteSet<string>();
  /** A place chosen in a list or on the map. */
  chosen = $state<Id | null>(null);
  /** The spot a comment is about, or that one is being chosen. */
  spot = $state.raw<{ lng: number; lat: number } | 'choosing' | null>(null);

  async load(id: Id): Promise<void> {
    const { against } = this;
    this.places.clear();
    this.seen.clear();
    for (const mark of stored(id)) this.seen.add(mark);
    await this.diff.load((signal) => api.diff(id, against, signal));
    for (const group of this.diff.value?.groups ?? []) if (this.open.has(groupKey(group))) void this.fetch(group);
  }

  tick(group: Group, on: boolean): void {
    const { id } = scenario;
    if (!id) return;
    if (on) this.seen.add(groupMark(group));
    else this.seen.delete(groupMark(group));
    try {
      localStorage.setItem(STORAGE + id, JSON.stringify([...this.seen]));
    } catch {
      // Storage switched off: the ticks hold until the page is closed.
    }
  }

  toggle(group: Group): void {
    const key = groupKey(group);
    if (this.open.has(key)) this.open.delete(key);
    else {
      this.open.add(key);
      void this.fetch(group);
    }
  }

  /** The first places of a group, or the next ones. */
  async fetch(group: Group, more = false): Promise<GroupPlaces | undefined> {
    const { id } = scenario;
    const key = groupKey(group);
    const known = this.places.get(key);
    if (!id || (known && (!more || known.cursor === null))) return known;
    const query = { against: this.against, from: group.from?.id ?? 'none', to: group.to?.id ?? 'none', limit: PAGE, ...(known?.cursor ? { cursor: known.cursor } : {}) };
    const found = await attempt(() => api.diffPlaces(id, query));
    if (!found) return undefined;
    const now = { rows: [...(known?.rows ?? []), ...found.rows], count: found.count, cursor: found.next_cursor };
    this.places.set(key, now);
    return now;
  }

  /** Lights a group's places on the map; null takes the light away. */
  async light(group: Group | null): Promise<void> {
    if (!group) return scenario.light(this.chosen ? [this.chosen] : []);
    const found = await this.fetch(group);
    if (found) scenario.light(found.rows.map((one) => one.location_id));
  }

  choose(location: Id | null): void {
    this.chosen = location;
    scenario.light(location ? [location] : []);
  }

  /** A press on a point of the map: its row is opened, when it is one that moves. */
  pick(location: Id): boolean {
    const owners = scenario.owners.value;
    const at = owners?.places.find(([id]) => id === location)?.[1];
    if (at === undefined) return false;
    const to = owners?.territories[at] ?? null;
    void this.#find(location, (this.diff.value?.groups ?? []).filter((group) => (group.to?.id ?? null) === to));
    return true;
  }

  async #find(location: Id, groups: Group[]): Promise<void> {
    for (const group of groups) {
      let found = await this.fetch(group);
      while (found && !found.rows.some((one) => one.location_id === location) && found.cursor !== null) found = await this.fetch(group, true);
      if (!found?.rows.some((one) => one.location_id === location)) continue;
      this.open.add(groupKey(group));
      this.choose(location);
      return;
    }
  }

  leave(): void {
    this.diff.clear();
    this.places.clear();
    this.open.clear();
    this.chosen = null;
    this.spot = null;
    scenario.light([]);
  }
}

function stored(id: Id): string[] {
  try {
    const read: unknown = JSON.parse(localStorage.getItem(STORAGE + id) ?? '[]');
    return Array.isArray(read) ? read.map(String) : [];
  } catch {
    // Storage switched off or damaged: nothing was seen.
    return [];
  }
}

export const reviewing = new Reviewing();
