import { mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Coverage } from './coverage.ts';
import { Dice } from './dice.ts';
import { Judge } from './judge.ts';
import { mutate } from './mutate.ts';
import { seeds } from './seeds.ts';

/** Inputs between two looks at what code they reached. */
const BATCH = 100;
/** Inputs that are gone on from. */
const MOST = 5_000;

const [minutes = 1, seed = Date.now() % 1_000_000_007] = process.argv.slice(2).map(Number);
const found = join(tmpdir(), 'lapwing-fuzz');
const corpus = [...seeds()];
const ORIGINAL = corpus.length;
const coverage = new Coverage('/engine/decode/');
const judge = new Judge();
const outcomes = new Set<string>();
const faults = new Set<string>();
const until = Date.now() + minutes * 60_000;
let inputs = 0;

mkdirSync(found, { recursive: true });
for (const bytes of corpus) attempt(bytes);
coverage.grew();
for (let batch = 0; Date.now() < until; batch += 1) {
  const dice = new Dice(seed + batch);
  const made = Array.from({ length: BATCH }, () => mutate(dice.pick(corpus), dice, corpus));
  // Should one of them never come to an end, this tells where.
  writeFileSync(join(found, `batch-${seed}`), String(batch));
  const fresh = made.filter((bytes) => attempt(bytes));
  if (coverage.grew()) fresh.push(...pickNew(made, batch));
  corpus.push(...new Set(fresh));
  // What was kept early and led nowhere makes room.
  if (corpus.length > MOST) corpus.splice(ORIGINAL, corpus.length - MOST);
  if (batch % 100 === 0)
    say(`${inputs} inputs, ${corpus.length} kept, ${coverage.reached} places, ${faults.size} faults`);
}
say(`seed ${seed}: ${inputs} inputs, ${corpus.length} kept, ${coverage.reached} places reached, ${faults.size} faults`);
process.exitCode = faults.size === 0 ? 0 : 1;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** A few of a batch that reached new code: which of them it was would take as long again to find out. */
function pickNew(made: readonly Buffer[], batch: number): readonly Buffer[] {
  const dice = new Dice(batch);
  return [dice.pick(made), dice.pick(made), dice.pick(made)];
}

/** Whether the input led to something new. */
function attempt(bytes: Buffer): boolean {
  inputs += 1;
  try {
    const outcome = judge.judge(bytes);
    const isNew = !outcomes.has(outcome);
    outcomes.add(outcome);
    return isNew;
  } catch (thrown) {
    const what = String((thrown as Error).stack)
      .split('\n')
      .slice(0, 4)
      .join(' | ');
    if (!faults.has(what) && faults.size < 50) {
      faults.add(what);
      const path = join(found, `fault-${seed}-${faults.size}`);
      writeFileSync(path, bytes);
      say(`FAULT after ${inputs} inputs of seed ${seed}, kept in ${path}\n  ${what.slice(0, 600)}`);
    }
    return false;
  }
}
