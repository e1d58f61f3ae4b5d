import { describe, expect, it } from 'vitest';
import { essence, read, sampleOf } from './unwrapping.ts';

describe('gke-denied', () => {
  it('reads the sample: a refusal by the authorizer, with what was said', () => {
    const { events, shapes, rejects } = read(sampleOf('gke-denied.json'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([['gke-cloud-audit', 'raw-event']]);
    expect(events.map(essence)).toEqual([
      {
        cluster: 'test-cluster',
        auditId: '1234abce',
        verb: 'list',
        user: 'user@example.org',
        resource: 'secrets',
        namespace: '',
        name: '',
        code: 403,
        stage: 'ResponseComplete',
        level: '',
      },
    ]);
    expect(events.map(({ outcome, denial, statusMessage }) => [outcome, denial, statusMessage])).toEqual([
      ['failure', 'authorization', 'secrets is forbidden'],
    ]);
  });
});
