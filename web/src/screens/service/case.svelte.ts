// What happened with a case: its own versions, and what was written down under its number.
import { change, create, history, list } from '../../api/records';
import type { Id, Revision, Stored, Value } from '../../api/types';
import { contains, quote } from '../../lib/cql';
import { filesOf, type Files } from '../mail/files';
import { Resource } from '../../state/resource.svelte';
import { translated } from '../../state/said';
import { session } from '../../state/session.svelte';

/** One entry of the thread, newest first: a version with what changed in it, or an activity. */
export type Entry =
  | { kind: 'version'; key: string; at: number; by: string | null; revision: Revision; changed: string[] }
  | { kind: 'activity'; key: string; at: number; by: Id | null; activity: Stored };

/** Changes of these tell something; clocks and copies of the service level follow from them. */
const telling = ['status', 'owner_id', 'queue_id', 'priority', 'kind', 'account_id', 'contact_id', 'subject', 'asset_id', 'policy_id', 'escalated_at'];

export class Thread {
  readonly #versions = new Resource<Revision[]>();
  readonly #activities = new Resource<Stored[]>();
  /** What came with its messages. */
  files = $state.raw<Files>(new Map());

  get slow(): boolean { return this.#versions.slow && !this.#versions.value; }
  get error() { return this.#versions.error ?? this.#activities.error; }

  /** Who wrote last, if anybody did. */
  get lastWriter(): string {
    const came = (this.#activities.value ?? []).find((one) => one.fields['direction'] === 'in' && one.fields['kind'] === 'email');
    return String(came?.fields['from_address'] ?? '');
  }

  async load(of: Stored): Promise<void> {
    const number = String(of.fields['number'] ?? '');
    await Promise.all([
      this.#versions.load((signal) => history('cases', of.id, signal)),
      session.sees('activity') && number ? this.#activities.load((signal) => list('activities', { filter: `case_id = ${quote(of.id)} OR ${contains('subject', number, true)}`, limit: 200, sort: '-id' }, signal).then(async ({ records }) => {
        this.files = await filesOf(records, signal);
        return records;
      })) : Promise.resolve(),
    ]);
  }

  get entries(): Entry[] {
    const sorted = [...(this.#versions.value ?? [])].sort((a, b) => a.record.version - b.record.version);
    const versions = sorted.map((revision, i): Entry => {
      const before = sorted[i - 1]?.record.fields ?? {};
      const changed = i === 0 ? [] : telling.filter((name) => JSON.stringify(revision.record.fields[name] ?? null) !== JSON.stringify(before[name] ?? null));
      return { kind: 'version', key: `v${revision.record.version}`, at: revision.record.recorded_at, by: revision.author_name, revision, changed };
    }).filter((entry, i) => i === 0 || (entry.kind === 'version' && entry.changed.length > 0));
    const written = (this.#activities.value ?? []).map((activity): Entry => ({
      kind: 'activity', key: activity.id, at: Number(activity.fields['happened_at'] ?? activity.fields['due_at'] ?? activity.recorded_at), by: (activity.fields['owner_id'] as Id | null) ?? null, activity,
    }));
    return [...versions, ...written].sort((a, b) => b.at - a.at);
  }
}

/** Writes something down under the case's number, so that the customer's own timeline tells it too. */
export function addTo(of: Stored, kind: string, text: string) {
  const [first = ''] = text.split('\n');
  const subject = `${String(of.fields['number'] ?? '')}: ${first}`;
  const given = (name: string): Value => (of.fields[name] ?? null) as Value;
  return create('activities', {
    kind, subject: subject.slice(0, 300), body: text.length > first.length || subject.length > 300 ? text : null, status: 'done', happened_at: session.moment(),
    account_id: given('account_id'), contact_id: given('contact_id'), case_id: of.id, owner_id: session.now.user.id,
  });
}

/** The words of an activity without the number that leads to its case. */
export function wordsOf(activity: Stored, number: string): string {
  const subject = String(activity.fields['subject'] ?? '');
  return subject.startsWith(`${number}: `) ? subject.slice(number.length + 2) : translated(subject);
}

export const setFields = (of: Stored, fields: Record<string, Value>) => change('cases', of.id, of.version, fields);
