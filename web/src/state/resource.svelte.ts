// Something loaded from the server: the last answer stays while a newer one is fetched, and old ones are dropped.
import { Problem } from '../api/client';
import { translated } from './said';

export class Resource<T> {
  value = $state.raw<T | undefined>(undefined);
  error = $state.raw<Problem | undefined>(undefined);
  /** A request is under way. */
  busy = $state(false);
  /** A request has been under way for 200 ms: time for a skeleton. */
  slow = $state(false);
  #controller: AbortController | null = null;

  /** Fetches; a fetch still under way is cancelled first. */
  async load(fetch: (signal: AbortSignal) => Promise<T>): Promise<void> {
    this.#controller?.abort();
    const controller = new AbortController();
    this.#controller = controller;
    this.busy = true;
    const timer = setTimeout(() => (this.slow = true), 200);
    try {
      const value = await fetch(controller.signal);
      if (controller.signal.aborted) return;
      this.value = value;
      this.error = undefined;
    } catch (problem) {
      if (controller.signal.aborted) return;
      if (!(problem instanceof Problem)) throw problem;
      this.error = problem;
    } finally {
      clearTimeout(timer);
      if (this.#controller === controller) {
        this.busy = false;
        this.slow = false;
      }
    }
  }

  /** Forgets the answer and cancels what is under way. */
  clear(): void {
    this.#controller?.abort();
    this.#controller = null;
    this.value = undefined;
    this.error = undefined;
    this.busy = false;
    this.slow = false;
  }
}

/** What to tell a person about a refusal. */
export function sentence(problem: unknown): string {
  if (problem instanceof Problem) {
    const faults = problem.faults.map((fault) => translated(fault.message)).join(' ');
    return faults || translated(problem.message) || String(problem.status);
  }
  return problem instanceof Error ? problem.message : String(problem);
}
