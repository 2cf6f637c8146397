// Something loaded from the server: the last answer stays while a newer one is fetched, and old ones are dropped.
import { onDestroy, untrack } from 'svelte';
import { Problem } from '../api/client';
import { translated } from './said';

type Fetch<T> = (signal: AbortSignal) => Promise<T>;

export class Resource<T> {
  #value = $state.raw<T | undefined>(undefined);
  error = $state.raw<Problem | undefined>(undefined);
  /** A request is under way. */
  busy = $state(false);
  /** A request has been under way for 200 ms: time for a skeleton. */
  slow = $state(false);
  #under: { controller: AbortController; fetch: Fetch<T> } | null = null;

  /** The last answer, or what was put in since. */
  get value(): T | undefined {
    return this.#value;
  }

  /** Fetches; a fetch still under way is cancelled first. */
  async load(fetch: Fetch<T>): Promise<void> {
    this.#under?.controller.abort();
    const under = { controller: new AbortController(), fetch };
    const { signal } = under.controller;
    this.#under = under;
    this.busy = true;
    const timer = setTimeout(() => (this.slow = this.#under === under), 200);
    try {
      const value = await fetch(signal);
      if (signal.aborted) return;
      this.#value = value;
      this.error = undefined;
    } catch (problem) {
      if (signal.aborted) return;
      if (!(problem instanceof Problem)) throw problem;
      this.error = problem;
    } finally {
      clearTimeout(timer);
      if (this.#under === under) this.#ended();
    }
  }

  /**
   * A newer state of the same thing, such as the answer to a change of it. A fetch under way is asked anew: its answer may be
   * from before the change, or from after something newer still.
   */
  take(value: T): void {
    this.#value = value;
    this.error = undefined;
    const under = this.#under;
    if (under) void untrack(() => this.load(under.fetch));
  }

  /** Shows another thing instead: a fetch under way, which is of the one before, is cancelled. */
  replace(value: T): void {
    this.stop();
    this.#value = value;
    this.error = undefined;
  }

  /** Cancels what is under way; the last answer stays. */
  stop(): void {
    this.#under?.controller.abort();
    this.#ended();
  }

  /** Forgets the answer and cancels what is under way. */
  clear(): void {
    this.stop();
    this.#value = undefined;
    this.error = undefined;
  }

  #ended(): void {
    this.#under = null;
    this.busy = false;
    this.slow = false;
  }
}

/**
 * A resource of the component that is being set up: once that is gone nobody waits for the answer, and what it asks about may be
 * gone as well.
 */
export function resource<T>(): Resource<T> {
  const made = new Resource<T>();
  onDestroy(() => made.stop());
  return made;
}

/** What to tell a person about a refusal. */
export function sentence(problem: unknown): string {
  if (problem instanceof Problem) {
    const faults = problem.faults.map((fault) => translated(fault.message)).join(' ');
    return faults || translated(problem.message) || String(problem.status);
  }
  return problem instanceof Error ? problem.message : String(problem);
}
