import type { EventScanner } from './event-scanner.ts';
import type { Piece, Shape } from './shapes/shape.ts';
import { ValueWalker } from './value-walker.ts';

/** Wrappers around wrappers that are taken off. */
const DEEPEST = 6;
const NO_BYTES = Buffer.alloc(0);

/** What is read on one level of wrapping, and what the wrapper said of it. */
interface Level {
  readonly walker: ValueWalker;
  /** Pieces that wait for their turn. */
  pieces: readonly Piece[];
  next: number;
  piece: Piece | undefined;
  shape: Shape | undefined;
  cluster: string | undefined;
}

/** How deep within wrappers the decoder stands, and what waits on each level. Level 0 is the record itself. */
export class Levels {
  depth = 0;
  level: Level;
  readonly #levels: Level[] = [];
  readonly #event: EventScanner;

  constructor(event: EventScanner) {
    this.#event = event;
    this.level = this.enter(0);
  }

  get isDeepest(): boolean {
    return this.depth >= DEEPEST;
  }

  /** The shapes that were taken off, from the outside. */
  get shapes(): readonly string[] {
    return this.#levels.slice(1, this.depth + 1).map(({ shape }) => shape!.id);
  }

  /** The outermost of them; empty for none. */
  get outermost(): string {
    return this.depth > 0 ? this.#levels[1]!.shape!.id : '';
  }

  enter(depth: number): Level {
    this.depth = depth;
    this.level = this.#levels[depth] ??= {
      walker: new ValueWalker(this.#event),
      pieces: [],
      next: 0,
      piece: undefined,
      shape: undefined,
      cluster: undefined,
    };
    return this.level;
  }

  /** One level deeper, where these pieces wait. */
  wrap(shape: Shape, pieces: readonly Piece[]): void {
    const level = this.enter(this.depth + 1);
    level.pieces = pieces;
    level.next = 0;
    level.shape = shape;
    level.walker.open(NO_BYTES);
  }

  /** The next piece of the present level; undefined where there is none, and reading goes on one level above. */
  next(): Piece | undefined {
    const { level } = this;
    const piece = level.pieces[level.next];
    if (piece === undefined) {
      level.pieces = [];
      this.enter(this.depth - 1);
      return undefined;
    }
    level.next += 1;
    level.piece = piece;
    // What is outside knows better: the inside may hold anything that was logged.
    level.cluster = this.#levels[this.depth - 1]!.cluster ?? piece.cluster;
    return piece;
  }
}
