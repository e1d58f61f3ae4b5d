/** Distinct names a tally keeps; an attacker who invents more is counted under "other". */
const NAMES = 200;

/** How an event came. */
interface Form {
  readonly wrapper: string;
  readonly cutShort: boolean;
  readonly repeated: boolean;
}

/** What the engine has done since it was made; plain numbers for metrics, logs and summaries. */
export class Counters {
  records = 0;
  bytes = 0;
  events = 0;
  /** Events that some detector or fact asked for. */
  wanted = 0;
  duplicates = 0;
  /** Events that came after their turn and were judged on arrival. */
  late = 0;
  /** Of these, by more than the windows' 5 minutes. */
  tooLate = 0;
  /** Events whose time was not believed by the clock. */
  unbelieved = 0;
  /** Events that went ahead of their turn because too many waited. */
  hurried = 0;
  findings = 0;
  /** Of these, muted by an exception. */
  muted = 0;
  rejected = 0;
  readonly rejectedBy = new Map<string, number>();
  /** Pieces of input that are no audit events and are known not to be, by shape and reason. */
  passed = 0;
  readonly passedBy = new Map<string, number>();
  /** Events whose record was cut on its way. */
  cutShort = 0;
  /** Events with a member that is given twice. */
  repeatedMembers = 0;
  /** Events that came wrapped, by the outermost wrapper. */
  readonly wrapped = new Map<string, number>();
  readonly detectorErrors = new Map<string, number>();

  /** Counts what is unusual about the form of an event. */
  odd({ wrapper, cutShort, repeated }: Form): void {
    if (wrapper !== '') this.tally(this.wrapped, wrapper);
    if (cutShort) this.cutShort += 1;
    if (repeated) this.repeatedMembers += 1;
  }

  pass(shape: string, reason: string): void {
    this.passed += 1;
    this.tally(this.passedBy, `${shape}: ${reason}`);
  }

  tally(names: Map<string, number>, name: string): void {
    const key = names.has(name) || names.size < NAMES ? name : 'other';
    names.set(key, (names.get(key) ?? 0) + 1);
  }
}
