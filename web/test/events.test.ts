import { describe, expect, it } from 'vitest';
import { happens, parsePattern, withPattern } from '../src/lib/events';

describe('what a webhook is told of', () => {
  it('reads patterns', () => {
    expect(parsePattern('*')).toEqual({ type: '*', operation: '*' });
    expect(parsePattern('order.*')).toEqual({ type: 'order', operation: '*' });
    expect(parsePattern('sla_policy.update')).toEqual({ type: 'sla_policy', operation: 'update' });
  });

  it('adds one, and never what is meant already', () => {
    expect(withPattern(['lead.create'], { type: 'order', operation: 'update' })).toEqual(['lead.create', 'order.update']);
    expect(withPattern(['order.*'], { type: 'order', operation: 'update' })).toEqual(['order.*']);
    expect(withPattern(['order.update'], { type: 'order', operation: 'update' })).toEqual(['order.update']);
  });

  it('takes all of a type for its parts', () => {
    expect(withPattern(['order.update', 'orders.update', 'order.create'], { type: 'order', operation: '*' })).toEqual(['orders.update', 'order.*']);
  });

  it('knows that only orders are handed over', () => {
    expect(happens('order')).toContain('handed_over');
    expect(happens('lead')).not.toContain('handed_over');
  });
});
