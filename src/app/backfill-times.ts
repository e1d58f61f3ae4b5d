import { addSpan, type Span } from '../engine/blind-period.ts';
import { HOUR, type Micros } from '../model/index.ts';

/** A log has no greater holes; what lies further away is another stretch, or a time that cannot be. */
const HOLE: Micros = HOUR;
const STRETCHES = 64;
/** Fewer events are no stretch, unless there is no other. */
const FEW = 10;

/** Over which times a log reaches. A few events with times from elsewhere make no difference. */
export class LogTimes {
  #stretches: { from: Micros; to: Micros; events: number }[] = [];

  note(time: Micros): void {
    const last = this.#stretches.at(-1);
    const own =
      last !== undefined && near(last, time) ? last : this.#stretches.findLast((stretch) => near(stretch, time));
    if (own === undefined) {
      this.#stretches.push({ from: time, to: time, events: 1 });
      if (this.#stretches.length > STRETCHES) this.#dropLeast();
      return;
    }
    own.from = Math.min(own.from, time);
    own.to = Math.max(own.to, time);
    own.events += 1;
  }

  get spans(): readonly Span[] {
    const most = Math.max(0, ...this.#stretches.map(({ events }) => events));
    return this.#stretches
      .filter(({ events }) => events >= Math.min(FEW, most))
      .reduce<readonly Span[]>((spans, { from, to }) => addSpan(spans, { from, to }), []);
  }

  #dropLeast(): void {
    const least = Math.min(...this.#stretches.map(({ events }) => events));
    this.#stretches.splice(
      this.#stretches.findIndex(({ events }) => events === least),
      1,
    );
  }
}

const near = ({ from, to }: Span, time: Micros): boolean => time >= from - HOLE && time <= to + HOLE;
