// What one was told and has not read: asked for at the start, when the server says so, and now and then.
import { notifications, type Notification } from '../api/collaboration';
import { Problem } from '../api/client';
import { live } from './live.svelte';

/** Another process may tell: it is asked this often, in milliseconds. */
const EVERY = 60_000;

class Notices {
  list = $state.raw<Notification[] | undefined>(undefined);
  unread = $state(0);
  error = $state.raw<Problem | undefined>(undefined);
  /** How often it was asked: the newest question has the newest answer, whichever comes last. */
  #asked = 0;

  /** Starts asking; the returned function stops. */
  start(): () => void {
    const again = window.setInterval(() => void this.load(), EVERY);
    const off = live.onNotice(() => void this.load());
    void this.load();
    return () => {
      clearInterval(again);
      off();
    };
  }

  async load(): Promise<void> {
    this.#asked += 1;
    const asked = this.#asked;
    try {
      const told = await notifications();
      if (asked !== this.#asked) return;
      this.list = told.notifications;
      this.unread = told.unread;
      this.error = undefined;
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      if (asked === this.#asked) this.error = problem;
    }
  }
}

export const notices = new Notices();
