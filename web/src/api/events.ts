// Server-sent events: what changed, and how far a job is.
import type { Job } from './types';

export interface ChangeEvent { seq: number; type: string; id: string; operation: string; author: string | null }
export interface Listener { change: (event: ChangeEvent) => void; job: (job: Job) => void; open: () => void; lost: () => void }

/** Listens until the returned function is called; the browser reconnects by itself. */
export function listen(listener: Listener): () => void {
  const source = new EventSource('/api/v1/events');
  source.addEventListener('open', () => listener.open());
  source.addEventListener('error', () => listener.lost());
  source.addEventListener('change', (event) => listener.change(JSON.parse((event as MessageEvent<string>).data) as ChangeEvent));
  source.addEventListener('job', (event) => listener.job(JSON.parse((event as MessageEvent<string>).data) as Job));
  return () => source.close();
}
