import { ObjectSlicer, type ListHead } from './decode/object-slicer.ts';
import { redactObject } from './decode/redact-object.ts';
import { nameOf, textOf, type JsonRecord } from './facts/shape.ts';

/** Largest object that is read. A cluster's own limit is a tenth of it, before white space. */
const LARGEST = 16 * 1024 * 1024;
/** Bytes that may nest as deep as they like: each level costs a hundredfold in memory. */
const SHALLOW = 64 * 1024;
const DEEPEST = 512;
/** Different kinds, and broken pieces, that are told one by one. */
const MOST_KINDS = 64;
const MOST_BROKEN = 20;
/** The groups whose objects teach something: other groups have kinds of the same names. */
const GROUP = /^(?:v1|rbac\.authorization\.k8s\.io\/v[a-z0-9]{1,20})$/;

/** What became of the objects of a dump. Kinds are plain words; no other text of the dump is here. */
export interface ImportTally {
  /** Objects that were taken, by kind. */
  readonly taken: ReadonlyMap<string, number>;
  /** Objects that were passed over, by kind. */
  readonly passed: ReadonlyMap<string, number>;
  readonly unnamed: number;
  /** Pieces that could not be read, all of them. */
  readonly broken: number;
  /** The first few of them, by their byte offset in the input (inflated, where it was compressed). */
  readonly breaks: readonly { readonly reason: string; readonly at: number }[];
}

/**
 * Reads objects as a cluster holds them (the output of `kubectl get -o json`: lists of any kind and length, single objects, one a line
 * or one behind the other), pushed in chunks of any size. Each is redacted as bodies of events are, stripped of its status, and
 * handed on; `take` says whether there was anything to learn from it.
 */
export class FactReader {
  readonly #take: (object: JsonRecord) => boolean;
  readonly #slicer: ObjectSlicer;
  readonly #taken = new Map<string, number>();
  readonly #passed = new Map<string, number>();
  readonly #breaks: { reason: string; at: number }[] = [];
  #unnamed = 0;
  #broken = 0;
  /** Bytes pushed. */
  bytes = 0;
  /** Objects taken. */
  count = 0;

  constructor(take: (object: JsonRecord) => boolean) {
    this.#take = take;
    this.#slicer = new ObjectSlicer({
      largest: LARGEST,
      onObject: (bytes, at, list) => this.#read(bytes, at, list),
      onBroken: (reason, at) => this.breakAt(reason, at),
    });
  }

  get tally(): ImportTally {
    return {
      taken: this.#taken,
      passed: this.#passed,
      unnamed: this.#unnamed,
      broken: this.#broken,
      breaks: this.#breaks,
    };
  }

  push(chunk: Uint8Array): void {
    this.bytes += chunk.length;
    this.#slicer.push(chunk);
  }

  /** The input has ended. */
  end(): void {
    this.#slicer.end();
  }

  /** Notes a piece that cannot be read; also for what goes wrong on the way here. */
  breakAt(reason: string, at: number): void {
    this.#broken += 1;
    if (this.#breaks.length < MOST_BROKEN) this.#breaks.push({ reason, at });
  }

  #read(bytes: Buffer, at: number, list: ListHead): void {
    if (bytes.length > SHALLOW && isDeep(bytes)) return this.breakAt('nested too deep', at);
    let parsed: unknown;
    try {
      parsed = JSON.parse(bytes.toString('utf8'));
    } catch {
      return this.breakAt('not JSON', at);
    }
    const bare = redactObject(typed(parsed as JsonRecord, list), undefined) as Record<string, unknown>;
    delete bare['status'];
    const kind = textOf(bare['kind']);
    // A list without items is an empty one: nothing to take, and nothing wrong.
    if (nameOf(bare).name === '') this.#unnamed += kind.endsWith('List') ? 0 : 1;
    else if (GROUP.test(textOf(bare['apiVersion'])) && this.#take(bare)) {
      this.count += 1;
      tally(this.#taken, kind);
    } else tally(this.#passed, kind);
  }
}

/** An item of a typed list has no kind of its own. */
function typed(object: JsonRecord, { kind, apiVersion }: ListHead): JsonRecord {
  if (textOf(object['kind']) !== '' || !kind.endsWith('List') || kind === 'List') return object;
  return { ...object, kind: kind.slice(0, -'List'.length), apiVersion };
}

function tally(counts: Map<string, number>, kind: string): void {
  const plain = /^[A-Z][A-Za-z0-9]{0,62}$/.test(kind) ? kind : 'no known kind';
  const name = counts.has(plain) || counts.size < MOST_KINDS ? plain : 'other kinds';
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

/** Whether validated JSON nests deeper than any object of a cluster. */
function isDeep(bytes: Buffer): boolean {
  let depth = 0;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at]!;
    if (byte === 34) at = endOfString(bytes, at);
    else if ((byte & 0xdf) === 0x5b && (depth += 1) > DEEPEST) return true;
    else if ((byte & 0xdf) === 0x5d) depth -= 1;
  }
  return false;
}

function endOfString(bytes: Buffer, from: number): number {
  for (let at = from + 1; at < bytes.length; at += 1) {
    if (bytes[at] === 34) return at;
    if (bytes[at] === 92) at += 1;
  }
  return bytes.length;
}
