// What the page tells a person after an act: toasts with Undo, the polite live region, and the undo key.
import { undo as undoOnServer } from '../api/records';
import { Problem } from '../api/client';
import type { Id } from '../api/types';
import { t } from '../i18n/index.svelte';
import { sentence } from './resource.svelte';

export interface Way { label: string; act: () => void }
export interface Toast {
  id: number; text: string; kind: 'done' | 'failed'; changeSet: string | null;
  /** What was done or undone. */
  label: string;
  /** What leads on from a refusal. */
  way: Way | null;
  /** The change set is an undo: taking it back does the thing again. */
  redo: boolean;
  /** What the change is a step of; once that is over it cannot be undone alone. */
  within: string | null;
}

const TEN_SECONDS = 10_000;
const TEN_MINUTES = 600_000;

class Feedback {
  /** What was said last; the newest takes the place of the one before. */
  toast = $state.raw<Toast | null>(null);
  /** How many dialogs lie over the page: what does not work is said in the uppermost, for the rest is out of reach. */
  #dialogs = $state(0);
  /** The same, not reactive: several may close at once, and each then reads what was before. */
  #open = 0;
  /** Read out by screen readers when it changes. */
  spoken = $state('');
  #next = 1;
  #timers = new Map<number, number>();
  #done: { changeSet: string; label: string; at: number; within: string | null }[] = [];
  #undone: { changeSet: string; label: string; within: string | null }[] = [];
  #after: (() => void)[] = [];
  /** What the page went to because a change set made it. */
  #opened = new Map<string, Id>();
  #close: (id: Id) => void = () => {};

  /** How many dialogs are open. */
  get dialogs(): number { return this.#dialogs; }

  /** A dialog opens; tells how many lie below it, with it. */
  entered(): number {
    this.#open += 1;
    return (this.#dialogs = this.#open);
  }

  /** A dialog closes. */
  left(): void {
    this.#open -= 1;
    this.#dialogs = this.#open;
  }

  /** Runs `again` after every undo made here, so that lists show it at once. */
  afterUndo(again: () => void): () => void {
    this.#after.push(again);
    return () => (this.#after = this.#after.filter((one) => one !== again));
  }

  /** Says what was done; with a change set it can be undone from the toast, by key and from History, as long as what it is `within` is open. */
  done(text: string, changeSet: string | null = null, within: string | null = null): void {
    if (changeSet) {
      this.#done.push({ changeSet, label: text, at: Date.now(), within });
      this.#undone = [];
    }
    this.#show({ text, kind: 'done', changeSet, label: text, redo: false, within });
  }

  /**
   * The page goes to what a change set made. Taking that back closes it first: it would go on asking about what is no longer there, and
   * a drawer that still waits for its figures would open after the undo.
   */
  opened(changeSet: string | null, id: Id): void {
    if (changeSet) this.#opened.set(changeSet, id);
  }

  /** How the page closes what it shows of one thing; the frame says so, which knows the address. */
  closeBy(close: (id: Id) => void): () => void {
    this.#close = close;
    return () => (this.#close = () => {});
  }

  /** Steps within something that is over are offered for undo no longer. */
  over(within: string): void {
    const others = (one: { within: string | null }) => one.within !== within;
    if (this.toast && !others(this.toast)) this.dismiss(this.toast.id);
    this.#done = this.#done.filter(others);
    this.#undone = this.#undone.filter(others);
  }

  /** Says what did not work. */
  failed(problem: unknown, way: Way | null = null): void {
    const text = problem instanceof Problem && problem.status === 0 ? t('state.unreachable') : sentence(problem);
    this.#show({ text, kind: 'failed', changeSet: null, label: text, redo: false, way });
  }

  /** Says why something is not done here. */
  refuse(text: string): void {
    this.#show({ text, kind: 'failed', changeSet: null, label: text, redo: false });
  }

  say(text: string): void {
    this.spoken = text;
  }

  dismiss(id: number): void {
    clearTimeout(this.#timers.get(id));
    this.#timers.delete(id);
    if (this.toast?.id === id) this.toast = null;
  }

  /** Pauses (hover, focus) or restarts a toast's ten seconds. */
  hold(id: number, held: boolean): void {
    clearTimeout(this.#timers.get(id));
    if (!held) this.#timers.set(id, window.setTimeout(() => this.dismiss(id), TEN_SECONDS));
  }

  /** Undoes one change set and says what became of it; `redo`: the set is itself an undo, so the thing is done again. */
  async undo(changeSet: string, label: string, redo = false): Promise<void> {
    const within = [...this.#done, ...this.#undone].find((one) => one.changeSet === changeSet)?.within ?? null;
    const opened = this.#opened.get(changeSet);
    if (opened) this.#close(opened);
    try {
      const result = await undoOnServer(changeSet);
      this.#opened.delete(changeSet);
      this.#done = this.#done.filter((one) => one.changeSet !== changeSet);
      this.#undone = this.#undone.filter((one) => one.changeSet !== changeSet);
      if (result.change_set && redo) this.#done.push({ changeSet: result.change_set, label, at: Date.now(), within });
      else if (result.change_set) this.#undone.push({ changeSet: result.change_set, label, within });
      if (this.toast?.changeSet === changeSet) this.toast = null;
      const blocked = result.blocked.length;
      if (blocked > 0) {
        const first = result.blocked[0];
        this.#show({
          text: `${t('toast.undonePart', { n: blocked })} ${first ? t('history.blocked', { title: first.title, reason: first.reason }) : ''}`,
          kind: 'failed', changeSet: null, label, redo: false,
        });
      } else this.#show({ text: t(redo ? 'toast.redone' : 'toast.undone', { label }), kind: 'done', changeSet: result.change_set, label, redo: !redo, within });
      for (const again of this.#after) again();
    } catch (problem) {
      this.failed(problem);
    }
  }

  /** Your last change of this tab and the last ten minutes. */
  async undoLast(): Promise<void> {
    const last = this.#done.at(-1);
    if (!last || Date.now() - last.at > TEN_MINUTES) {
      this.#show({ text: t('toast.nothingToUndo'), kind: 'done', changeSet: null, label: '', redo: false });
      return;
    }
    await this.undo(last.changeSet, last.label);
  }

  /** Takes the last undo back, which is an undo of the undo. */
  async redoLast(): Promise<void> {
    const last = this.#undone.at(-1);
    if (last) await this.undo(last.changeSet, last.label, true);
  }

  #show(toast: Omit<Toast, 'id' | 'way' | 'within'> & { way?: Way | null; within?: string | null }): void {
    const id = this.#next++;
    if (this.toast) this.dismiss(this.toast.id);
    this.toast = { way: null, within: null, ...toast, id };
    this.hold(id, false);
  }
}

export const feedback = new Feedback();

/** Runs an act; a refusal becomes a toast and `undefined`. */
export async function attempt<T>(act: () => Promise<T>): Promise<T | undefined> {
  try {
    return await act();
  } catch (problem) {
    if (!(problem instanceof Problem)) throw problem;
    feedback.failed(problem);
    return undefined;
  }
}
