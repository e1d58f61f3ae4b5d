/** Distinct names a tally keeps; an attacker who invents more is counted under "other". */
const NAMES = 200;

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
  readonly detectorErrors = new Map<string, number>();

  tally(names: Map<string, number>, name: string): void {
    const key = names.has(name) || names.size < NAMES ? name : 'other';
    names.set(key, (names.get(key) ?? 0) + 1);
  }
}
