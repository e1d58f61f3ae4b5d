import type { JsonView } from '../json-view.ts';
import { unpacked, unpackedIn } from './packed-data.ts';
import type { Means, Shape } from './shape.ts';

/** Messages of Google Cloud Pub/Sub: one that is pushed, or several that were pulled. */
export const pubsub: Shape = {
  id: 'pubsub',
  title: 'Google Cloud Pub/Sub, pushed or pulled',
  marks: ['message', 'receivedMessages'],
  unwrap(value: JsonView, means: Means) {
    const pushed = value.at('message');
    if (pushed?.at('data')?.isText === true) {
      const bytes = unpacked(pushed.at('data'), means);
      return bytes === undefined ? { broken: 'data does not unpack' } : { pieces: [{ bytes }] };
    }
    if (pushed?.isObject === true && pushed.members.has('messageId')) return { passed: 'a message without data' };
    const pulled = value.at('receivedMessages');
    if (pulled?.isArray !== true) return undefined;
    return { pieces: unpackedIn(pulled, means, ['message', 'data']) };
  },
};
