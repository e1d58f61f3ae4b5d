/** One thing to measure: how many events it went through. */
export type Run = () => Promise<number> | number;

/** CPU time of one run in microseconds, garbage collection and compilation included, and what it returned. */
async function once(run: Run): Promise<readonly [micros: number, events: number]> {
  const began = process.cpuUsage();
  const events = await run();
  const { user, system } = process.cpuUsage(began);
  return [user + system, events];
}

/** What several runs that took turns came to: the best microseconds of each per event. */
export async function takeTurns(runs: ReadonlyMap<string, Run>, rounds: number): Promise<ReadonlyMap<string, number>> {
  const best = new Map<string, number>();
  for (let round = 0; round < rounds; round += 1)
    for (const [name, run] of runs) {
      // No collection is forced in between: it would throw away code that a running service keeps.
      const [micros, events] = await once(run);
      if (events === 0) throw new Error(`${name} went through nothing`);
      best.set(name, Math.min(best.get(name) ?? Number.POSITIVE_INFINITY, micros / events));
    }
  return best;
}

/** Prints a table in Markdown; of numbers two digits, of large ones thousands apart. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): void {
  console.log(`\n| ${head.join(' | ')} |\n|${head.map((_, index) => (index === 0 ? '---' : '--:')).join('|')}|`);
  for (const row of rows) console.log(`| ${row.map(told).join(' | ')} |`);
}

function told(cell: string | number): string {
  if (typeof cell === 'string') return cell;
  return cell >= 1_000 ? Math.round(cell).toLocaleString('en-US') : cell.toFixed(2);
}

/** Events per second of CPU from microseconds per event. */
export const rateOf = (micros: number): number => 1e6 / micros;
