import type { EventScanner } from './event-scanner.ts';
import type { Scanner } from './scanner.ts';
import type { Piece, Shape } from './shapes/shape.ts';
import { ValueWalker } from './value-walker.ts';

/** Wrappers around wrappers that are taken off. */
const DEEPEST = 6;
const NO_BYTES = Buffer.alloc(0);
const NO_PIECES: Iterator<Piece, undefined> = [][Symbol.iterator]();

/** What is read on one level of wrapping, and what the wrapper said of it. */
interface Level {
  readonly walker: ValueWalker;
  /** Pieces that wait for their turn: of hostile input there may be more than fit into memory at once. */
  pieces: Iterator<Piece>;
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
      pieces: NO_PIECES,
      piece: undefined,
      shape: undefined,
      cluster: undefined,
    };
    return this.level;
  }

  /** One level deeper, where these pieces wait. */
  wrap(shape: Shape, pieces: Iterable<Piece>): void {
    const level = this.enter(this.depth + 1);
    level.pieces = pieces[Symbol.iterator]();
    level.shape = shape;
    level.walker.open(NO_BYTES);
  }

  /** The next piece of the present level; undefined where there is none, and reading goes on one level above. */
  next(): Piece | undefined {
    const { level } = this;
    const above = this.#levels[this.depth - 1]!;
    const { done, value: piece } = pulled(level.pieces, above.walker.scanner);
    if (done === true) {
      level.pieces = NO_PIECES;
      this.enter(this.depth - 1);
      return undefined;
    }
    level.piece = piece;
    // What is outside knows better: the inside may hold anything that was logged.
    level.cluster = above.cluster ?? piece.cluster;
    return piece;
  }
}

/** The value that holds the pieces is whole, and may be read with the scanner of its walker: within it a line's end is white space. */
function pulled(pieces: Iterator<Piece>, scanner: Scanner): IteratorResult<Piece, unknown> {
  const { lines } = scanner;
  scanner.lines = false;
  const next = pieces.next();
  scanner.lines = lines;
  return next;
}
