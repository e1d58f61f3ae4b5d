import type { AppError, Batch, Positions, RawRecord, Source } from '../../src/model/index.ts';

/** A source over a list of records: one a batch, its position the number of records read. Remembers what it was told. */
export class ListSource implements Source {
  readonly name: string;
  readonly commits: number[] = [];
  readonly refusals: AppError[] = [];
  /** Awaited before each batch: lets a test decide when input comes. */
  gate: (index: number) => Promise<void> = () => Promise.resolve();
  failure: Error | undefined;
  closed = 0;
  readonly #records: readonly RawRecord[];

  constructor(name: string, records: readonly RawRecord[]) {
    this.name = name;
    this.#records = records;
  }

  async *read(from: Positions, signal: AbortSignal): AsyncIterable<Batch> {
    for (let index = Number(from.get(this.name) ?? 0); index < this.#records.length; index += 1) {
      await this.gate(index);
      if (signal.aborted) return;
      yield { records: [this.#records[index]!], positions: new Map([[this.name, String(index + 1)]]) };
    }
    if (this.failure) throw this.failure;
  }

  commit(upTo: Positions): Promise<void> {
    this.commits.push(Number(upTo.get(this.name)));
    return Promise.resolve();
  }

  refuse(_upTo: Positions, error: AppError): void {
    this.refusals.push(error);
  }

  close(): Promise<void> {
    this.closed += 1;
    return Promise.resolve();
  }
}
