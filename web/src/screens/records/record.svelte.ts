// One record, kept fresh while it is shown.
import { read, remove } from '../../api/records';
import type { Id, Stored, TypeDeclaration } from '../../api/types';
import { language, t } from '../../i18n/index.svelte';
import { attempt, feedback } from '../../state/feedback.svelte';
import { live } from '../../state/live.svelte';
import { Resource } from '../../state/resource.svelte';
import { links } from './links.svelte';

export class RecordState extends Resource<Stored> {
  /** It was deleted from here. */
  gone = false;

  constructor(readonly type: TypeDeclaration, readonly id: Id, readonly also: () => void = () => {}, readonly around: string[] = []) {
    super();
  }

  /** Loads, and loads again when it changes; the returned function stops. */
  start(): () => void {
    void this.refresh();
    const off = [
      feedback.afterUndo(() => void this.refresh()),
      live.on((events) => {
        if (events.some((event) => event.id === this.id || event.type === '*' || this.around.includes(event.type))) void this.refresh();
      }),
    ];
    return () => {
      for (const one of off) one();
      this.stop();
    };
  }

  async refresh(): Promise<void> {
    this.also();
    await this.load((signal) => read(this.type.plural, this.id, signal));
    if (this.value) links.put(this.value);
  }

  get title(): string {
    return this.value ? (links.titleOf(this.value) ?? this.type.label[language()]) : '';
  }

  /** Deletes it and says so; undo is in the message. True when it is gone. */
  async remove(): Promise<boolean> {
    const record = this.value;
    if (!record) return false;
    const title = this.title;
    const gone = await attempt(() => remove(this.type.plural, record.id, record.version));
    this.gone = gone !== undefined;
    if (gone) feedback.done(t('rec.deleted', { title }), gone.change_set);
    return gone !== undefined;
  }
}
