// The one way to the server: every request, its errors and its date go through here.
import type { Value } from './types';

/** What the server says when it refuses, from `application/problem+json`; status 0 means it was not reached. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly title: string,
    readonly detail: string,
    readonly faults: { pointer: string; code: string; message: string }[] = [],
    readonly current: Value = null,
    readonly requestId: string | null = null,
  ) {
    super(detail || title);
    this.name = 'Problem';
  }

  /** The message for one field of what was sent, if it was at fault. */
  fault(field: string): string | undefined {
    return this.faults.find((fault) => fault.pointer.split('/').pop() === field)?.message;
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;
export interface Options { query?: Query; body?: unknown; form?: FormData; raw?: Blob; signal?: AbortSignal | undefined; version?: number; dated?: boolean }

let asOf: string | null = null;
let signedOut: () => void = () => {};
let reached: (online: boolean) => void = () => {};

/** Every dated read from now on is as of this local date; `null` is today. */
export function setAsOf(date: string | null): void {
  asOf = date;
}

/** Who is told that the session ended, and that the server was or was not reached. */
export function onConnection(handlers: { signedOut: () => void; reached: (online: boolean) => void }): void {
  signedOut = handlers.signedOut;
  reached = handlers.reached;
}

/** What came of asking the server in another way, as the map does for its tiles: a status of HTTP, 0 when it was not reached. */
export function answered(status: number): void {
  reached(status !== 0);
  if (status === 401) signedOut();
}

/** The address with its query; empty values are left out. */
export function address(path: string, query: Query = {}, dated = false): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== null && value !== undefined && value !== '') search.set(name, String(value));
  }
  if (dated && asOf && !search.has('as_of')) search.set('as_of', asOf);
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

/** Sends one request and gives its JSON; refusals become `Problem`, an abort stays an abort. */
export async function request<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const answer = await send(method, path, options);
  // What is done, or waits to be done, may be answered with nothing.
  const text = await answer.text();
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** Sends one request whose answer is a file, and gives it with the name the server chose. */
export async function download(method: string, path: string, options: Options = {}): Promise<{ blob: Blob; name: string }> {
  const answer = await send(method, path, options);
  const name = /filename="?([^";]+)"?/.exec(answer.headers.get('content-disposition') ?? '')?.[1] ?? path.split('/').pop() ?? 'file';
  return { blob: await answer.blob(), name };
}

async function send(method: string, path: string, options: Options): Promise<Response> {
  const headers: Record<string, string> = { accept: 'application/json' };
  let body: BodyInit | null = null;
  if (options.form) body = options.form;
  else if (options.raw) {
    headers['content-type'] = 'application/octet-stream';
    body = options.raw;
  } else if (options.body !== undefined) {
    headers['content-type'] = 'application/json';
    body = JSON.stringify(options.body);
  }
  if (options.version !== undefined) headers['if-match'] = `"v${options.version}"`;
  let answer: Response;
  try {
    answer = await fetch(address(path, options.query, options.dated ?? method === 'GET'), {
      method, headers, body, credentials: 'same-origin', ...(options.signal ? { signal: options.signal } : {}),
    });
  } catch (cause) {
    if (options.signal?.aborted) throw cause;
    reached(false);
    throw new Problem(0, 'unreachable', '', '');
  }
  reached(true);
  if (answer.ok) return answer;
  if (answer.status === 401 && path !== '/api/v1/session') signedOut();
  throw await problem(answer);
}

/**
 * Sends one file as it is; `progress` is told the share that has gone out, 0 to 1. Only the older way of asking knows how far it
 * is, so this alone goes by it.
 */
export function sendFile<T>(path: string, query: Query, file: File, progress: (share: number) => void, signal: AbortSignal): Promise<T> {
  return new Promise((done, refuse) => {
    const asked = new XMLHttpRequest();
    asked.open('POST', address(path, query));
    asked.setRequestHeader('accept', 'application/json');
    asked.setRequestHeader('content-type', file.type || 'application/octet-stream');
    asked.upload.onprogress = (event) => { if (event.lengthComputable) progress(event.loaded / event.total); };
    asked.onerror = () => {
      reached(false);
      refuse(new Problem(0, 'unreachable', '', ''));
    };
    asked.onabort = () => refuse(new DOMException('The file was not sent.', 'AbortError'));
    asked.onload = () => {
      reached(true);
      if (asked.status >= 200 && asked.status < 300) return done(JSON.parse(asked.responseText) as T);
      if (asked.status === 401) signedOut();
      refuse(refusal(asked.status, asked.statusText, asked.getResponseHeader('x-request-id'), asked.responseText));
    };
    signal.addEventListener('abort', () => asked.abort());
    asked.send(file);
  });
}

async function problem(answer: Response): Promise<Problem> {
  return refusal(answer.status, answer.statusText, answer.headers.get('x-request-id'), await answer.text());
}

/** A refusal as it came, `application/problem+json` or not. */
function refusal(status: number, statusText: string, id: string | null, text: string): Problem {
  try {
    const body = JSON.parse(text) as Record<string, unknown>;
    return new Problem(
      status, String(body['code'] ?? status), String(body['title'] ?? statusText), String(body['detail'] ?? ''),
      (body['faults'] as Problem['faults'] | undefined) ?? [], (body['current'] as Value | undefined) ?? null,
      (body['request_id'] as string | undefined) ?? id,
    );
  } catch {
    // A proxy or a crash may answer with something that is not JSON; the status still tells what happened.
    return new Problem(status, String(status), statusText, '', [], null, id);
  }
}

export const get = <T>(path: string, options?: Options): Promise<T> => request<T>('GET', path, options);
export const post = <T>(path: string, body?: unknown, options?: Options): Promise<T> =>
  request<T>('POST', path, { ...options, ...(body === undefined ? {} : { body }) });

/** Hands a file to the browser's downloads. */
export function save(file: { blob: Blob; name: string }): void {
  const url = URL.createObjectURL(file.blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
