import { Session, type Profiler } from 'node:inspector';

/** Which parts of the code ran, as V8 counts them. */
export class Coverage {
  readonly #session = new Session();
  readonly #places = new Set<string>();
  readonly #part: string;

  /** Looks at files whose path holds that part. */
  constructor(part: string) {
    this.#part = part;
    this.#session.connect();
    this.#session.post('Profiler.enable');
    this.#session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  }

  /** Places that ran at least once. */
  get reached(): number {
    return this.#places.size;
  }

  /** Whether code ran since the last look that had never run before, or much more often. */
  grew(): boolean {
    const before = this.#places.size;
    this.#session.post('Profiler.takePreciseCoverage', (_, taken: Profiler.TakePreciseCoverageReturnType) => {
      for (const { url, functions } of taken.result)
        if (url.includes(this.#part))
          for (const { ranges } of functions)
            for (const { startOffset, endOffset, count } of ranges)
              if (count > 0) this.#places.add(`${url}:${startOffset}:${endOffset}:${Math.clz32(count) >> 2}`);
    });
    return this.#places.size > before;
  }
}
