import { describe, expect, it } from 'vitest';
import { line } from '../decoding.ts';
import { essence, read, sampleOf } from './unwrapping.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('pubsub', () => {
  it('reads the sample: the entry within the message', () => {
    const { events, shapes, rejects } = read(sampleOf('pubsub.json'));
    expect(rejects).toEqual([]);
    expect(shapes).toEqual([['pubsub', 'gke-cloud-audit', 'raw-event']]);
    expect(events.map(essence)).toMatchObject([
      { cluster: 'test-cluster', auditId: '1234abcd', resource: 'pods/exec' },
    ]);
  });

  it('reads messages that were pulled, each by itself', () => {
    const messages = [base64(line()), 'no base64!', base64('{"a"'), base64(line({ auditID: 'last' }))];
    const receivedMessages = messages.map((data) => ({ ackId: 'a', message: { data, messageId: '1' } }));
    const { events, shapes, rejects } = read(JSON.stringify({ receivedMessages: [...receivedMessages, 7, {}] }));
    expect(events.map(({ auditId }) => auditId)).toEqual(['1c0ad2ca-1736-42af-9cad-4226f6720e14', 'last']);
    expect(shapes[1]).toEqual(['pubsub', 'raw-event']);
    expect(rejects.map(({ shape, reason }) => `${shape}: ${reason}`)).toEqual([
      'pubsub: data does not unpack',
      'pubsub: unexpected end',
      'pubsub: not an event',
      'pubsub: not an event',
    ]);
  });

  it('passes a message without data, rejects one whose data is none, and leaves texts named message alone', () => {
    expect(read('{"message":{"attributes":{},"messageId":"1"},"subscription":"s"}').passed).toEqual([
      'pubsub: a message without data',
    ]);
    expect(read('{"message":{"data":"?"}}').rejects).toMatchObject([
      { shape: 'pubsub', reason: 'data does not unpack' },
    ]);
    for (const message of ['text', 7, { data: 7 }, null])
      expect(read(JSON.stringify({ message })).rejects).toMatchObject([{ shape: 'unknown' }]);
  });
});
