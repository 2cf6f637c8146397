// What changes while one looks: the server's events bump the version of the tiles and tell whoever listens.
import { listen, type ChangeEvent } from '../api/events';
import { jobs } from '../api/admin';
import type { Job } from '../api/types';
import { Problem } from '../api/client';

/** Types whose change can move, recolour or rename a point on the map. */
const onTheMap = new Set(['account', 'location', 'assignment', 'territory', 'territory_version', 'territory_member', 'opportunity', 'visit', 'visit_frequency']);

type Listener = (events: ChangeEvent[]) => void;

class Live {
  /** Part of every customer tile's address; a change asks for new tiles. */
  version = $state(0);
  jobs = $state.raw<Job[]>([]);
  #listeners = new Set<Listener>();
  #jobListeners = new Set<(job: Job) => void>();
  #gathered: ChangeEvent[] = [];
  #timer = 0;
  #seen = 0;

  /** Starts listening; the returned function stops. */
  start(version: number): () => void {
    this.version = version;
    this.#seen = version;
    let lost = false;
    const stop = listen({
      change: (event) => this.#gather(event),
      job: (job) => this.#job(job),
      open: () => {
        // What happened while the line was down is unknown: ask for everything anew.
        if (lost) this.#flush([{ seq: this.#seen + 1, type: '*', id: '', operation: 'unknown', author: null }]);
        lost = false;
      },
      lost: () => (lost = true),
    });
    void this.loadJobs();
    return stop;
  }

  /** Calls back with the changes of the last moment, together. Type `*` means anything may have changed. */
  on(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  onJob(listener: (job: Job) => void): () => void {
    this.#jobListeners.add(listener);
    return () => this.#jobListeners.delete(listener);
  }

  get running(): Job[] {
    return this.jobs.filter((job) => job.state === 'queued' || job.state === 'running');
  }

  async loadJobs(): Promise<void> {
    try {
      this.jobs = await jobs();
    } catch (problem) {
      // Not every role may list jobs; the tray then shows those it hears of.
      if (!(problem instanceof Problem)) throw problem;
    }
  }

  #gather(event: ChangeEvent): void {
    this.#gathered.push(event);
    clearTimeout(this.#timer);
    // A batch arrives as thousands of events: one refresh at its end, at the latest every second.
    const wait = this.#gathered.length > 200 ? 0 : 120;
    this.#timer = window.setTimeout(() => {
      const events = this.#gathered;
      this.#gathered = [];
      this.#flush(events);
    }, wait);
  }

  #flush(events: ChangeEvent[]): void {
    this.#seen = Math.max(this.#seen, ...events.map((event) => event.seq));
    if (events.some((event) => event.type === '*' || onTheMap.has(event.type))) this.version = this.#seen;
    for (const listener of this.#listeners) listener(events);
  }

  #job(job: Job): void {
    const others = this.jobs.filter((one) => one.id !== job.id);
    this.jobs = [job, ...others].sort((a, b) => (b.started_at ?? Infinity) - (a.started_at ?? Infinity));
    for (const listener of this.#jobListeners) listener(job);
  }
}

export const live = new Live();
