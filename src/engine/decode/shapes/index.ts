import { fluentbit } from './fluentbit.ts';
import type { Shape } from './shape.ts';

/** Every wrapper that events arrive in, in the order in which they are tried. */
export const SHAPES: readonly Shape[] = [fluentbit];

/** Forms that need no unwrapping: the reader of events tells them by itself. */
export const PLAIN_SHAPES = ['raw-event', 'v1beta1', 'eventlist', 'jsonl', 'array'] as const;
