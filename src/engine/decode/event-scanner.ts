import type { Micros } from '../../model/index.ts';
import { COMPLETE_LENGTH, EventBeginnings, isComplete, STAGE_VALUE } from './event-beginning.ts';
import { Interner } from './interner.ts';
import { ID, kindAt, KIND_SEEN, LEVEL_SEEN, MEMBERS, STAGE_BIT } from './event-members.ts';
import { BROKEN } from './key-table.ts';
import { KeyedHash } from './keyed-hash.ts';
import { AnnotationScanner, type KnownAnnotations } from './annotation-scanner.ts';
import { RefScanner } from './ref-scanner.ts';
import { MemberPlaces } from './member-places.ts';
import type { Scanner } from './scanner.ts';
import { passBracket, passOther, passText, SPAN, SPANS } from './spans.ts';
import { StatusScanner } from './status-scanner.ts';
import { Timestamps } from './timestamp.ts';
import { UserScanner, type KnownUser } from './user-scanner.ts';

/** What `scan` met. */
export const BAD = -1;
/** An EventList whose items start at `itemsAt`; nothing behind them was read yet. */
export const LIST = -2;

/**
 * Finds the parts of one event in one pass, whatever their order; of parts that are given twice the last one counts. Fast where they
 * stand as the API server writes them. The fields are those of the last event scanned.
 */
export class EventScanner {
  readonly spans = new Int32Array(SPANS);
  /** Where its members stand, for who looks at it as something else. */
  readonly members = new MemberPlaces();
  time: Micros = Number.NaN;
  receivedTime: Micros = Number.NaN;
  verb = '';
  stage = '';
  /** '' where there is none, 'Event', 'EventList', '?' for anything else. */
  kind = '';
  itemsAt = 0;
  user: KnownUser | undefined;
  /** It has members that no event of an API server has: who passed it on may have added or changed some. */
  foreign = false;
  /** A member is given twice. */
  repeated = false;
  userFirst = 0;
  userSecond = 0;
  actingFirst = 0;
  actingSecond = 0;
  readonly hash: KeyedHash;
  readonly #interner = new Interner();
  readonly #users: UserScanner;
  readonly #ref = new RefScanner(this.#interner);
  readonly #status = new StatusScanner();
  readonly #annotations = new AnnotationScanner();
  readonly #times = new Timestamps();
  readonly #beginnings = new EventBeginnings();
  #context = 0;
  #verbMark = 0;

  constructor(key: Uint8Array) {
    this.hash = new KeyedHash(key);
    this.#users = new UserScanner(this.hash);
  }

  get code(): number {
    return this.#status.code;
  }
  get resource(): string {
    return this.#ref.resource;
  }
  /** A mark of verb, resource and subresource: equal where these are. */
  get deedMark(): number {
    return Math.imul(this.#verbMark ^ 0x9e3779b1, 0x85ebca6b) ^ this.#ref.whole;
  }
  get apiGroup(): string {
    return this.#ref.apiGroup;
  }
  get annotations(): KnownAnnotations | undefined {
    return this.#annotations.known;
  }

  /** stageTimestamp, else requestReceivedTimestamp; NaN where neither is a time. */
  get eventTime(): Micros {
    return Number.isNaN(this.time) ? this.receivedTime : this.time;
  }

  /** Why the object that was scanned is no event, or ''. */
  refusal(): string {
    if (this.kind === '?' || this.kind === 'EventList' || !this.hasShape()) return 'not an event';
    if (Number.isNaN(this.eventTime)) return 'no usable time';
    return this.#status.bad ? 'code is not an integer' : '';
  }

  /** Something was asked for: a verb, a URI or an object. */
  hasShape(): boolean {
    const { spans } = this;
    return this.verb !== '' || spans[SPAN.uri + 1]! > spans[SPAN.uri]! || spans[SPAN.object]! > 0;
  }

  /** Passes the object at `pos`; `top` where it may be an EventList. Returns where it ends, BAD or LIST. */
  scan(scanner: Scanner, ascii: boolean, pos: number, top: boolean): number {
    const { spans } = this;
    this.#clear();
    const start = pos;
    let guess = 0;
    let seen = 0;
    pos = this.#beginnings.pass(scanner.view, start, scanner.end, spans);
    const isBegun = pos >= 0;
    this.members.clear(isBegun);
    if (isBegun) {
      guess = ID.auditId;
      seen = LEVEL_SEEN;
      if (this.#beginnings.hasKind) {
        this.kind = 'Event';
        seen = KIND_SEEN;
      }
    } else {
      pos = scanner.space(start + 1);
      if (scanner.at(pos) === 125) return pos + 1;
    }
    for (;;) {
      const id = MEMBERS.find(scanner, pos, guess);
      if (id === BROKEN) return BAD;
      const from = MEMBERS.valueAt;
      const name = pos;
      if (id === ID.auditId && !isBegun) this.#keepBeginning(scanner, start, pos, seen);
      if (id >= 0) {
        guess = id + 1;
        if ((seen & (1 << id)) !== 0) this.repeated = true;
        seen |= 1 << id;
      } else this.foreign = true;
      switch (id) {
        case 0:
          pos = this.#passKind(scanner, from);
          break;
        case 2:
          pos = passText(scanner, from, spans, SPAN.level);
          break;
        case 3:
          pos = passText(scanner, from, spans, SPAN.auditId);
          if (pos > 0 && (seen & STAGE_BIT) === 0 && isComplete(scanner.view, pos, scanner.end, spans)) {
            this.stage = 'ResponseComplete';
            this.members.add(name, from, pos);
            this.members.add(pos + 1, pos + STAGE_VALUE, pos + COMPLETE_LENGTH - 1);
            seen |= STAGE_BIT;
            guess = ID.uri;
            pos += COMPLETE_LENGTH;
            continue;
          }
          break;
        case 4:
          pos = passText(scanner, from, spans, SPAN.stage);
          this.stage = this.#name(scanner, ascii, SPAN.stage);
          break;
        case 5:
          pos = passText(scanner, from, spans, SPAN.uri);
          break;
        case 6:
          pos = passText(scanner, from, spans, SPAN.verb);
          this.verb = this.#name(scanner, ascii, SPAN.verb);
          this.#verbMark = this.#interner.mark;
          this.#context = Math.imul(this.#context ^ this.#verbMark, 0x85ebca6b);
          break;
        case 7:
        case 8:
          pos = this.#passUser(scanner, from, id === 8);
          break;
        case 9:
          pos = passBracket(scanner, from, spans, SPAN.sourceIps, 91);
          break;
        case 10:
          pos = passText(scanner, from, spans, SPAN.userAgent);
          break;
        case 11:
          pos = this.#ref.pass(scanner, ascii, from, spans);
          this.#context = Math.imul(this.#context ^ this.#ref.mark, 0x85ebca6b);
          break;
        case 12:
          pos = this.#status.pass(scanner, from, spans);
          break;
        case 13:
        case 14: {
          const part = id === 13 ? SPAN.request : SPAN.response;
          pos = scanner.value(from);
          // null is what absent objects are written as.
          const absent = scanner.at(from) === 110;
          spans[part] = absent ? 0 : from;
          spans[part + 1] = absent ? 0 : pos;
          break;
        }
        case 15:
          pos = this.#times.pass(scanner, from);
          this.receivedTime = this.#times.last;
          break;
        case 16:
          pos = this.#times.pass(scanner, from);
          this.time = this.#times.last;
          break;
        case 17:
          pos = this.#annotations.pass(scanner, from, spans, this.#context);
          break;
        case 18:
          if (top && scanner.at(from) === 91) {
            this.itemsAt = from;
            if (this.kind === 'EventList') return LIST;
          } else this.itemsAt = 0;
          pos = scanner.value(from);
          break;
        default:
          pos = scanner.value(from);
      }
      if (pos < 0) return BAD;
      if (!isBegun) this.members.add(name, from, pos);
      let byte = pos < scanner.end ? scanner.bytes[pos]! : 0;
      if (byte <= 32) byte = scanner.at((pos = scanner.space(pos)));
      if (byte === 125) return pos + 1;
      if (byte !== 44) return scanner.fail('not JSON', pos);
      pos = scanner.space(pos + 1);
    }
  }

  /**
   * Makes an event of what was read before the bytes broke off: parts that were not read to their end are absent. False where there
   * is too little: neither a verb nor anything that it was done to.
   */
  keepWhole(): boolean {
    const { spans } = this;
    for (let part = 0; part < SPANS; part += 2) if (spans[part + 1]! <= 0) spans[part] = spans[part + 1] = 0;
    if (spans[SPAN.user + 1] === 0) {
      this.user = undefined;
      this.userFirst = this.userSecond = 0;
    }
    if (spans[SPAN.impersonated + 1] === 0) this.actingFirst = this.actingSecond = 0;
    if (spans[SPAN.object] === 0) this.#ref.clear();
    return this.kind !== '?' && this.kind !== 'EventList' && this.verb !== '' && this.hasShape();
  }

  #clear(): void {
    this.spans.fill(0);
    this.time = Number.NaN;
    this.receivedTime = Number.NaN;
    this.verb = '';
    this.stage = '';
    this.kind = '';
    this.itemsAt = 0;
    this.foreign = false;
    this.repeated = false;
    this.user = undefined;
    this.userFirst = 0;
    this.userSecond = 0;
    this.actingFirst = 0;
    this.actingSecond = 0;
    this.#context = 0;
    this.#verbMark = 0;
    this.#ref.clear();
    this.#status.clear();
    this.#annotations.known = undefined;
  }

  #passKind(scanner: Scanner, from: number): number {
    const to = scanner.value(from);
    if (to > 0) this.kind = kindAt(scanner, from, to);
    return to;
  }

  #name(scanner: Scanner, ascii: boolean, part: number): string {
    const from = this.spans[part]!;
    const to = this.spans[part + 1]!;
    return to > from ? this.#interner.text(scanner, ascii, from, to) : '';
  }

  #passUser(scanner: Scanner, from: number, acting: boolean): number {
    const users = this.#users;
    const part = acting ? SPAN.impersonated : SPAN.user;
    const there = scanner.at(from) === 123;
    const to = there ? users.pass(scanner, from) : passOther(scanner, from, this.spans, part);
    if (there) {
      this.spans[part] = from;
      this.spans[part + 1] = to;
    }
    if (acting) {
      this.actingFirst = there ? users.first : 0;
      this.actingSecond = there ? users.second : 0;
    } else {
      this.user = there ? users.known : undefined;
      this.userFirst = there ? users.first : 0;
      this.userSecond = there ? users.second : 0;
      this.#context = Math.imul(this.#context ^ users.nameMark, 0xc2b2ae35);
    }
    return to;
  }

  /** A kind that says Event, a version and a level, each once, are what nearly every event begins with. */
  #keepBeginning(scanner: Scanner, start: number, pos: number, seen: number): void {
    if (this.foreign || this.repeated) return;
    const hasKind = seen === KIND_SEEN;
    if ((hasKind ? this.kind === 'Event' : seen === LEVEL_SEEN) && this.spans[SPAN.level + 1]! > 0)
      this.#beginnings.keep(scanner.bytes, start, pos, this.spans, hasKind);
  }
}
