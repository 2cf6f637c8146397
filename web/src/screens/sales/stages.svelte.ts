// The stages a sale goes through, and moving one to another: an end asks why first.
import { list } from '../../api/records';
import { moveDeal, type StageMove } from '../../api/sales';
import type { Id, Stored } from '../../api/types';
import { t } from '../../i18n/index.svelte';
import { feedback } from '../../state/feedback.svelte';
import { live } from '../../state/live.svelte';
import { Resource } from '../../state/resource.svelte';

export interface Stage { id: Id; name: string; position: number; probability: number; is_closed: boolean; is_won: boolean; pipeline_id: Id | null }

class Stages extends Resource<Stage[]> {
  constructor() {
    super();
    live.on((events) => {
      if (this.value && events.some((event) => event.type === 'stage' || event.type === '*')) void this.refresh();
    });
  }

  ensure(): void {
    if (!this.value && !this.busy) void this.refresh();
  }

  refresh(): Promise<void> {
    return this.load(async (signal) => {
      const { records } = await list('stages', { sort: 'position', limit: 200 }, signal);
      return records.map(({ id, fields }) => ({
        id, name: String(fields['name'] ?? ''), position: Number(fields['position'] ?? 0), probability: Number(fields['probability'] ?? 0),
        is_closed: fields['is_closed'] === true, is_won: fields['is_won'] === true, pipeline_id: (fields['pipeline_id'] as string | null) ?? null,
      }));
    });
  }

  /** The stages of the pipeline that a stage belongs to, open ones first as they come. */
  beside(stage: Id): Stage[] {
    const own = this.value?.find((one) => one.id === stage);
    return (this.value ?? []).filter((one) => one.pipeline_id === (own?.pipeline_id ?? null));
  }
}

export const stages = new Stages();

/** Moves a sale and says so, with what is to be done now. */
export async function move(deal: { id: Id; version: number; name: string }, stage: { name: string }, to: StageMove): Promise<Stored> {
  const moved = await moveDeal(deal.id, deal.version, to);
  const text = t('board.moved', { title: deal.name, column: stage.name });
  feedback.done(moved.tasks.length > 0 ? `${text}. ${t('deal.tasksMade', { n: moved.tasks.length })}` : text, moved.change_set);
  feedback.say(text);
  return moved.record;
}
