// What changes while one looks: the server's events bump the version of the tiles and tell whoever listens.
import { listen, type ChangeEvent } from '../api/events';
import { jobs } from '../api/admin';
import type { IncomingCall } from '../api/service';
import type { Job } from '../api/types';
import { Problem } from '../api/client';

/** Types whose change can move, recolour or rename a point on the map. */
const onTheMap = new Set(['account', 'location', 'assignment', 'territory', 'territory_version', 'territory_member', 'opportunity', 'visit', 'visit_frequency']);

const anything: ChangeEvent = { seq: 0, type: '*', id: '', operation: 'unknown', author: null };

type Listener = (events: ChangeEvent[]) => void;

class Live {
  /** Part of every customer tile's address; a change asks for new tiles. */
  version = $state(0);
  jobs = $state.raw<Job[]>([]);
  #listeners = new Set<Listener>();
  #jobListeners = new Set<(job: Job) => void>();
  #callListeners = new Set<(call: IncomingCall) => void>();
  #noticeListeners = new Set<() => void>();
  #gathered: ChangeEvent[] = [];
  #timer = 0;

  /** Starts listening; the returned function stops. `refused` is told when the server does not let us listen. */
  start(version: number, refused: () => void): () => void {
    this.version = version;
    let lost = false;
    const stop = listen({
      change: (event) => this.#gathered.push(event),
      version: (next) => this.#settle(next),
      job: (job) => this.#job(job),
      call: (call) => { for (const listener of this.#callListeners) listener(call); },
      notification: () => { for (const listener of this.#noticeListeners) listener(); },
      open: () => {
        // What happened while the line was down is unknown: everything is asked for anew.
        if (lost) this.#settle(this.version);
        lost = false;
      },
      lost: () => (lost = true),
      refused,
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

  onCall(listener: (call: IncomingCall) => void): () => void {
    this.#callListeners.add(listener);
    return () => this.#callListeners.delete(listener);
  }

  onNotice(listener: () => void): () => void {
    this.#noticeListeners.add(listener);
    return () => this.#noticeListeners.delete(listener);
  }

  /** Everything that is shown is asked for anew. */
  anew(): void {
    this.#gathered.push(anything);
    this.#settle(this.version);
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

  /** Tells what was gathered up to a version, at most five times a second. */
  #settle(version: number): void {
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      // Of a large batch no single change is told: then anything may have changed.
      const events = this.#gathered.length > 0 ? this.#gathered : [anything];
      this.#gathered = [];
      if (events.some((event) => event === anything || onTheMap.has(event.type))) this.version = version;
      for (const listener of this.#listeners) listener(events);
    }, 200);
  }

  #job(job: Job): void {
    const others = this.jobs.filter((one) => one.id !== job.id);
    this.jobs = [job, ...others].sort((a, b) => b.created_at - a.created_at);
    for (const listener of this.#jobListeners) listener(job);
  }
}

export const live = new Live();
