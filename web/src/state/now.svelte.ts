// The present by the server's clock, for what counts down while one looks.
import { session } from './session.svelte';

const EVERY = 20_000;

class Now {
  #ticks = $state(0);

  constructor() {
    setInterval(() => (this.#ticks += 1), EVERY);
  }

  /** Milliseconds since 1970; whoever reads it is told every 20 seconds. */
  get ms(): number {
    void this.#ticks;
    return session.moment();
  }
}

export const now = new Now();
