// The repair queue: which address is in hand, its candidates, the pin, and what was done before it.
import * as api from '../../api/repair';
import { reverse } from '../../api/places';
import { read } from '../../api/records';
import type { Candidate, CandidateAnswer, Id, RepairItem, RepairQueue } from '../../api/types';
import { t } from '../../i18n/index.svelte';
import { feature, metersBetween, moved } from '../../map/geometry';
import { stage } from '../../map/stage.svelte';
import { attempt, feedback } from '../../state/feedback.svelte';
import { Resource } from '../../state/resource.svelte';

/** Levels that name no street. */
const coarse = new Set<string>(['postcode', 'area', 'country']);
/** A second candidate at least this sure makes the first doubtful. */
const LIKELY = 0.5;

class Repair {
  readonly queue = new Resource<RepairQueue>();
  readonly answer = new Resource<CandidateAnswer>();
  status = $state<string | null>(null);
  index = $state(0);
  chosen = $state<number | null>(null);
  pin = $state.raw<{ lng: number; lat: number } | null>(null);
  locked = $state(false);
  editing = $state(false);
  text = $state('');
  underPin = $state('');
  busy = $state(false);
  /** Somebody came here for one certain place. */
  single = $state.raw<RepairItem | null>(null);
  #prefetched = new Map<Id, Promise<CandidateAnswer>>();
  #reverseTimer = 0;

  get items(): RepairItem[] {
    return this.single ? [this.single] : (this.queue.value?.items ?? []);
  }

  get item(): RepairItem | undefined {
    return this.items[this.index];
  }

  get candidates(): Candidate[] {
    return this.answer.value?.candidates ?? [];
  }

  /** What is doubtful about the address in hand, told by what was found for it. */
  get doubt(): 'nothing' | 'street' | 'several' | 'one' | null {
    if (!this.answer.value) return null;
    const [first, second] = this.candidates;
    if (!first) return 'nothing';
    if (coarse.has(first.level)) return 'street';
    return second && !coarse.has(second.level) && second.confidence >= LIKELY ? 'several' : 'one';
  }

  /** Metres between the pin and where the place was. */
  get fromOld(): number | null {
    const { item, pin } = this;
    return item && pin && item.lng !== null && item.lat !== null ? metersBetween([item.lng, item.lat], [pin.lng, pin.lat]) : null;
  }

  async load(location: Id | null): Promise<void> {
    this.#prefetched.clear();
    this.single = null;
    await this.queue.load((signal) => api.queue(this.status, null, signal));
    if (location) {
      const at = this.items.findIndex((item) => item.location_id === location);
      if (at >= 0) return this.go(at);
      const record = await attempt(() => read('locations', location));
      if (record) {
        const account = await attempt(() => read('accounts', String(record.fields['account_id'])));
        const fields = record.fields;
        this.single = {
          location_id: location, account_id: String(fields['account_id']), name: String(account?.fields['name'] ?? ''),
          text: [[fields['street'], fields['house_number']].filter(Boolean).join(' '), [fields['postal_code'], fields['city']].filter(Boolean).join(' ')].filter(Boolean).join(', ') || String(fields['source_text'] ?? ''),
          status: String(fields['geocode_status'] ?? ''), reason: String(fields['geocode_why'] ?? ''),
          lng: fields['lng'] === null || fields['lng'] === undefined ? null : Number(fields['lng']), lat: fields['lat'] === null || fields['lat'] === undefined ? null : Number(fields['lat']),
        };
      }
    }
    await this.go(0);
  }

  async show(status: string | null): Promise<void> {
    this.status = status;
    await this.load(null);
  }

  /** Takes another address in hand. */
  async go(index: number): Promise<void> {
    this.index = Math.max(0, Math.min(index, this.items.length - 1));
    const { item } = this;
    this.editing = false;
    this.locked = false;
    this.chosen = null;
    this.pin = null;
    this.underPin = '';
    this.answer.clear();
    this.draw();
    if (!item) return;
    this.text = item.text;
    if (item.lng !== null && item.lat !== null) this.#setPin(item.lng, item.lat);
    await this.answer.load(() => this.#ask(item.location_id));
    if (this.item !== item) return;
    this.#recognise();
    this.draw();
    this.#fit();
    for (const next of this.items.slice(this.index + 1, this.index + 4)) void this.#ask(next.location_id).catch(() => this.#prefetched.delete(next.location_id));
  }

  /** Looks another text up instead. */
  async look(): Promise<void> {
    const { item } = this;
    if (!item) return;
    this.editing = false;
    this.chosen = null;
    await this.answer.load((signal) => api.candidates(item.location_id, this.text.trim(), signal));
    this.draw();
    this.#fit();
  }

  choose(index: number): void {
    const candidate = this.candidates[index];
    if (!candidate) return;
    this.chosen = index;
    this.underPin = candidate.label;
    this.pin = { lng: candidate.lng, lat: candidate.lat };
    this.draw();
    feedback.say(candidate.label);
  }

  /** The pin was put somewhere by hand: it is no candidate any more. */
  put(lng: number, lat: number): void {
    this.chosen = null;
    this.#setPin(lng, lat);
    this.draw();
  }

  nudge(east: number, north: number): void {
    const from = this.pin ?? (stage.camera ? { lng: stage.camera.lng, lat: stage.camera.lat } : null);
    if (from) this.put(...moved(from.lng, from.lat, east, north));
  }

  async save(): Promise<void> {
    const { item, pin } = this;
    if (!item || !pin || this.busy) return;
    this.busy = true;
    const label = this.chosen === null ? undefined : this.candidates[this.chosen]?.label;
    const done = await attempt(() => api.pin(item.location_id, { ...pin, locked: this.locked, ...(label ? { label } : {}) }));
    this.busy = false;
    if (!done) return;
    feedback.done(t('rep.said.placed', { name: item.name }), done.change_set);
    await this.#drop(item, true);
  }

  async skip(): Promise<void> {
    const { item } = this;
    if (!item) return;
    feedback.say(t('rep.said.skipped', { name: item.name }));
    const queue = this.queue.value;
    if (queue && !this.single) {
      const rest = queue.items.filter((one) => one.location_id !== item.location_id);
      this.queue.take({ ...queue, items: [...rest, item] });
    }
    await this.go(this.index);
  }

  async #drop(item: RepairItem, done: boolean): Promise<void> {
    const queue = this.queue.value;
    if (this.single) {
      this.single = null;
      await this.go(0);
      return;
    }
    if (!queue) return;
    this.queue.take({
      ...queue, items: queue.items.filter((one) => one.location_id !== item.location_id),
      total: queue.total - (done ? 1 : 0), done: queue.done + (done ? 1 : 0),
      groups: queue.groups.map((group) => (group.key === item.status ? { ...group, count: Math.max(0, group.count - 1) } : group)),
    });
    if (this.items.length < 5 && queue.next_cursor) await this.queue.load((signal) => api.queue(this.status, null, signal));
    await this.go(this.index);
  }

  #ask(location: Id): Promise<CandidateAnswer> {
    const known = this.#prefetched.get(location);
    if (known) return known;
    const asked = api.candidates(location, null);
    this.#prefetched.set(location, asked);
    return asked;
  }

  #setPin(lng: number, lat: number): void {
    this.pin = { lng, lat };
    clearTimeout(this.#reverseTimer);
    this.#reverseTimer = window.setTimeout(() => {
      void reverse(lng, lat).then(
        (found) => {
          if (this.pin?.lng === lng && this.pin.lat === lat) this.underPin = found.features[0]?.properties.label ?? '';
        },
        () => (this.underPin = ''),
      );
    }, 250);
  }

  /** The look-up may have put the place at one of the candidates for the time being: then that one is chosen. */
  #recognise(): void {
    const { pin } = this;
    if (!pin || this.chosen !== null) return;
    const at = this.candidates.findIndex((one) => metersBetween([one.lng, one.lat], [pin.lng, pin.lat]) < 2);
    if (at >= 0) this.chosen = at;
  }

  draw(): void {
    stage.draw('marks', this.candidates.map((one, i) => feature({ type: 'Point', coordinates: [one.lng, one.lat] }, { kind: 'candidate', id: String(i), label: String(i + 1), chosen: this.chosen === i })));
    stage.engine?.setPin(this.pin && { ...this.pin, label: this.chosen === null ? '' : String(this.chosen + 1) });
  }

  #fit(): void {
    const places = [...this.candidates, ...(this.pin ? [this.pin] : [])];
    if (places.length === 0) return;
    const lngs = places.map((one) => one.lng);
    const lats = places.map((one) => one.lat);
    stage.fit([Math.min(...lngs), Math.min(...lats), Math.max(...lngs), Math.max(...lats)], 80);
  }
}

export const repair = new Repair();
