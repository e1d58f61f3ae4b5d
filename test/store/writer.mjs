// Opens the store and commits numbered checkpoints, telling each number once it is acknowledged, until it is killed.
// Arguments: the compiled store, the directory, an alert as JSON, how many commits at most.
import { writeSync } from 'node:fs';

const [module, path, alert, most] = process.argv.slice(2);
const { openSqlite } = await import(module);
const tell = (line) => writeSync(1, `${line}\n`);

try {
  const store = openSqlite({ path, retention: { age: 90 * 86_400_000_000, bytes: 2 ** 30 } });
  store.subscribe(['sink']);
  const from = Number(store.load().positions.get('n') ?? 0);
  tell('open');
  for (let n = from + 1; n <= from + Number(most); n += 1) {
    // Each commit writes every row of its group anew, and a row of its own.
    const rows = Array.from({ length: 60 }, (_, index) => ({
      space: 'group',
      key: `${index}`,
      value: `${n}`.padEnd(200),
    }));
    rows.push({ space: 'own', key: `${n}`, value: `${n}` });
    const alerts = [
      { ...JSON.parse(alert), id: 'the one', revision: n },
      { ...JSON.parse(alert), id: `of ${n}` },
    ];
    await store.commit({ positions: new Map([['n', `${n}`]]), rows, alerts, rejects: [] });
    tell(n);
    if (n % 5 === 0) store.delivered('sink', store.pending('sink', 3, n), n);
    if (n % 7 === 0) store.retain(0);
  }
  tell('done');
  setInterval(() => undefined, 1_000_000);
} catch (error) {
  tell(`error ${error.code} ${error.message}`);
}
