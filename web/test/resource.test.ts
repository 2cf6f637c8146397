import { describe, expect, it, vi } from 'vitest';
import { Problem } from '../src/api/client';
import { Resource } from '../src/state/resource.svelte';

/** A server whose answers are given by hand: `asked` holds each request still open, oldest first. */
class Server {
  asked: { answer: (value: string) => void; refuse: (problem: unknown) => void; signal: AbortSignal }[] = [];

  fetch = (signal: AbortSignal): Promise<string> => new Promise((answer, refuse) => {
    this.asked.push({ answer, refuse, signal });
  });

  get open(): number {
    return this.asked.filter(({ signal }) => !signal.aborted).length;
  }
}

describe('something loaded from the server', () => {
  it('keeps the last answer while a newer one is fetched, and tells what went wrong beside it', async () => {
    const server = new Server();
    const found = new Resource<string>();
    const first = found.load(server.fetch);
    expect([found.value, found.busy]).toEqual([undefined, true]);
    server.asked[0]?.answer('one');
    await first;
    expect([found.value, found.busy]).toEqual(['one', false]);
    const second = found.load(server.fetch);
    expect([found.value, found.busy]).toEqual(['one', true]);
    server.asked[1]?.refuse(new Problem(503, 'busy', 'Busy', ''));
    await second;
    expect([found.value, found.error?.status, found.busy]).toEqual(['one', 503, false]);
  });

  it('drops an older answer that comes after a newer one', async () => {
    const server = new Server();
    const found = new Resource<string>();
    const older = found.load(server.fetch);
    const newer = found.load(server.fetch);
    server.asked[1]?.answer('newer');
    await newer;
    server.asked[0]?.answer('older');
    await older;
    expect([found.value, found.busy]).toEqual(['newer', false]);
  });

  it('asks anew when the thing was changed meanwhile, so that no answer from before the change comes after it', async () => {
    const server = new Server();
    const found = new Resource<string>();
    const looked = found.load(server.fetch);
    found.take('changed');
    expect([found.value, found.busy, server.asked.length, server.open]).toEqual(['changed', true, 2, 1]);
    server.asked[0]?.answer('before the change');
    await looked;
    expect(found.value).toBe('changed');
    server.asked[1]?.answer('after the change');
    await expect.poll(() => found.value).toBe('after the change');
    expect(found.busy).toBe(false);
  });

  it('asks nothing for a change when nothing is under way', async () => {
    const server = new Server();
    const found = new Resource<string>();
    const looked = found.load(server.fetch);
    server.asked[0]?.answer('one');
    await looked;
    found.take('changed');
    expect([found.value, found.busy, server.asked.length]).toEqual(['changed', false, 1]);
  });

  it('forgets a refusal once something newer is there', async () => {
    const server = new Server();
    const found = new Resource<string>();
    const looked = found.load(server.fetch);
    server.asked[0]?.refuse(new Problem(500, 'broken', 'Broken', ''));
    await looked;
    expect(found.error?.status).toBe(500);
    found.take('changed');
    expect([found.value, found.error]).toEqual(['changed', undefined]);
  });

  it('shows another thing without waiting for the one before', async () => {
    const server = new Server();
    const found = new Resource<string>();
    const looked = found.load(server.fetch);
    found.replace('another');
    expect([found.value, found.busy, server.open]).toEqual(['another', false, 0]);
    server.asked[0]?.answer('the one before');
    await looked;
    expect(found.value).toBe('another');
  });

  it('is not slow for one that nobody waits for any more', () => {
    vi.useFakeTimers();
    const found = new Resource<string>();
    void found.load(new Server().fetch);
    vi.advanceTimersByTime(200);
    expect(found.slow).toBe(true);
    found.stop();
    expect(found.slow).toBe(false);
    void found.load(new Server().fetch);
    found.stop();
    vi.advanceTimersByTime(200);
    expect([found.slow, found.busy]).toEqual([false, false]);
    vi.useRealTimers();
  });

  it('stops and keeps what it has, or is cleared of it', async () => {
    const server = new Server();
    const found = new Resource<string>();
    const first = found.load(server.fetch);
    server.asked[0]?.answer('one');
    await first;
    const second = found.load(server.fetch);
    found.stop();
    server.asked[1]?.answer('two');
    await second;
    expect([found.value, found.busy, server.open]).toEqual(['one', false, 1]);
    found.clear();
    expect(found.value).toBeUndefined();
  });
});
