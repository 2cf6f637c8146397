// Server-sent events: what changed, and how far a job is.
import type { IncomingCall } from './service';
import type { Job } from './types';

export interface ChangeEvent { seq: number; type: string; id: string; operation: string; author: string | null }
export interface Listener { change: (event: ChangeEvent) => void;
  /** The data's new version, after the changes that led to it; of large batches only this is told. */
  version: (version: number) => void;
  job: (job: Job) => void;
  /** Somebody's telephone rings: whose page this is. */
  call: (call: IncomingCall) => void;
  /** There is something new among what one is told. */
  notification: () => void;
  open: () => void; lost: () => void }

/** Listens until the returned function is called; the browser reconnects by itself. */
export function listen(listener: Listener): () => void {
  const source = new EventSource('/api/v1/events');
  source.addEventListener('open', () => listener.open());
  source.addEventListener('error', () => listener.lost());
  source.addEventListener('change', (event) => listener.change(JSON.parse((event as MessageEvent<string>).data) as ChangeEvent));
  source.addEventListener('version', (event) => listener.version((JSON.parse((event as MessageEvent<string>).data) as { data_version: number }).data_version));
  source.addEventListener('job', (event) => listener.job(JSON.parse((event as MessageEvent<string>).data) as Job));
  source.addEventListener('call', (event) => listener.call(JSON.parse((event as MessageEvent<string>).data) as IncomingCall));
  source.addEventListener('notification', () => listener.notification());
  return () => source.close();
}
