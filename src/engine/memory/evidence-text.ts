import type { Count, Evidence, Micros } from '../../model/index.ts';

/** Evidence without its time as one flat string, each part cut: a fifth of the object's size, and nothing for the collector to walk. */
export const evidenceText = ({ auditId, stage, verb, uri, code }: Evidence): string =>
  JSON.stringify([auditId.slice(0, 256), stage.slice(0, 64), verb.slice(0, 64), uri.slice(0, 512), code]);

function evidenceFrom(time: Micros, text: string): Evidence {
  const [auditId, stage, verb, uri, code] = JSON.parse(text) as [string, string, string, string, number];
  return { time, auditId, stage, verb, uri, code };
}

/** A count whose evidence is read from its texts only where somebody looks at it. */
export class LazyCount implements Count {
  readonly count: number;
  readonly first: Micros;
  readonly #times: readonly Micros[];
  readonly #texts: readonly string[];

  /** Times and texts of the counted events, oldest first: at least one. */
  constructor(times: readonly Micros[], texts: readonly string[]) {
    this.count = times.length;
    this.first = times[0]!;
    this.#times = times;
    this.#texts = texts;
  }

  get evidence(): readonly Evidence[] {
    return this.#texts.map((text, index) => evidenceFrom(this.#times[index]!, text));
  }
}
