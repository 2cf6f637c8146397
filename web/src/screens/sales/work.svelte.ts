// Working on a quote or an order: one act at a time, each on what is saved.
import { save as saveFile } from '../../api/client';
import { change } from '../../api/records';
import type { Id, Stored, TypeDeclaration } from '../../api/types';
import { t } from '../../i18n/index.svelte';
import { fieldWord } from '../../state/declarations.svelte';
import { attempt, feedback } from '../../state/feedback.svelte';
import { session } from '../../state/session.svelte';
import { RecordState } from '../records/record.svelte';
import { DocumentState } from './document.svelte';

export class DocumentWork {
  readonly record: RecordState;
  readonly document: DocumentState;
  busy = $state(false);

  constructor(readonly type: TypeDeclaration, readonly id: Id) {
    this.record = new RecordState(type, id);
    this.document = new DocumentState(this.record);
  }

  get may(): boolean { return session.mayOn('write', this.record.value); }
  get status(): string { return String(this.record.value?.fields['status'] ?? ''); }

  /** A status as it is read. */
  word(status: string): string {
    const field = this.type.fields.find((one) => one.name === 'status');
    return field ? fieldWord(field, status) : status;
  }

  /** Saves what is typed, then acts; undefined when either was refused. */
  async act<T>(run: (stored: Stored) => Promise<T>): Promise<T | undefined> {
    this.busy = true;
    const saved = await this.document.save(true);
    const stored = this.record.value;
    const result = saved && stored ? await attempt(() => run(stored)) : undefined;
    this.busy = false;
    if (result !== undefined) await this.record.refresh();
    return result;
  }

  async become(to: string): Promise<void> {
    const written = await this.act((stored) => change(this.type.plural, this.id, stored.version, { status: to }));
    if (written) feedback.done(t('doc.became', { title: this.record.title, status: this.word(to) }), written.change_set);
  }

  /** Hands over a file of what is saved. */
  async file(fetch: () => Promise<{ blob: Blob; name: string }>): Promise<void> {
    if (!(await this.document.save(true))) return;
    const got = await attempt(fetch);
    if (got) saveFile(got);
  }
}
