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
  open: () => void;
  lost: () => void;
  /** The line was refused: by the end of the session, or by what stands before a server that begins anew. */
  refused: () => void }

/** After a refusal the line is tried again so soon, then after twice as long each time. */
const SOON = 5_000; // milliseconds
const LATE = 60_000;

/** Listens until the returned function is called. The browser connects again by itself, but not once it was refused. */
export function listen(listener: Listener): () => void {
  let wait = SOON;
  let timer = 0;
  let close = connect();
  return () => {
    clearTimeout(timer);
    close();
  };

  function connect(): () => void {
    const source = hear(listener);
    source.addEventListener('open', () => {
      wait = SOON;
      listener.open();
    });
    source.addEventListener('error', () => {
      listener.lost();
      if (source.readyState !== EventSource.CLOSED) return;
      timer = window.setTimeout(() => (close = connect()), wait);
      wait = Math.min(2 * wait, LATE);
      listener.refused();
    });
    return () => source.close();
  }
}

function hear(listener: Listener): EventSource {
  const source = new EventSource('/api/v1/events');
  source.addEventListener('change', (event) => listener.change(JSON.parse((event as MessageEvent<string>).data) as ChangeEvent));
  source.addEventListener('version', (event) => listener.version((JSON.parse((event as MessageEvent<string>).data) as { data_version: number }).data_version));
  source.addEventListener('job', (event) => listener.job(JSON.parse((event as MessageEvent<string>).data) as Job));
  source.addEventListener('call', (event) => listener.call(JSON.parse((event as MessageEvent<string>).data) as IncomingCall));
  source.addEventListener('notification', () => listener.notification());
  return source;
}
