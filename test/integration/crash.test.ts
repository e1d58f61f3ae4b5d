import { randomInt } from 'node:crypto';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Alert } from '../../src/model/index.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { eventList, execEvent } from '../support/exec-event.ts';
import { createTopic, produce } from '../support/kafka-client.ts';
import { silent } from '../support/silent.ts';
import { freePort, start, type Running } from '../support/lapwing.ts';
import { describeOn } from '../support/services/describe.ts';

/** Kills on each run; the nightly script asks for hundreds. */
const KILLS = Number(process.env['LAPWING_TEST_KILLS'] ?? 6);
const BATCH = 25;

let folder: string;
let running: Running | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lapwing-crash-'));
});
afterEach(async () => {
  await running?.stop('SIGKILL');
  running = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** Sends load through a way in until told to stop; `acknowledged` holds what must never be lost. */
interface Load {
  readonly acknowledged: Set<string>;
  readonly sent: Set<string>;
  run(signal: AbortSignal): Promise<void>;
}

function webhookLoad(port: number): Load {
  const [acknowledged, sent] = [new Set<string>(), new Set<string>()];
  const agent = new Agent({ keepAlive: true });
  let serial = 0;
  return {
    acknowledged,
    sent,
    async run(signal) {
      while (!signal.aborted) {
        const ids = Array.from({ length: BATCH }, () => `webhook-${serial++}`);
        const body = eventList(ids.map((id) => execEvent(id, Date.now())));
        for (const id of ids) sent.add(id);
        // The API server sends the same bytes again until they are acknowledged.
        while ((await post(port, body, agent)) !== 200) await sleep(20);
        for (const id of ids) acknowledged.add(id);
      }
      agent.destroy();
    },
  };
}

function fileLoad(path: string): Load {
  const sent = new Set<string>();
  let serial = 0;
  writeFileSync(path, '');
  return {
    acknowledged: sent,
    sent,
    async run(signal) {
      while (!signal.aborted) {
        const ids = Array.from({ length: BATCH }, () => `file-${serial++}`);
        appendFileSync(path, ids.map((id) => `${execEvent(id, Date.now())}\n`).join(''));
        for (const id of ids) sent.add(id);
        await sleep(25);
      }
    },
  };
}

function kafkaLoad(broker: string, topic: string): Load {
  const sent = new Set<string>();
  let serial = 0;
  return {
    acknowledged: sent,
    sent,
    async run(signal) {
      await produce(broker, topic, signal, () => {
        const ids = Array.from({ length: BATCH }, () => `kafka-${serial++}`);
        for (const id of ids) sent.add(id);
        return ids.map((id) => execEvent(id, Date.now()));
      });
    },
  };
}

function post(port: number, body: string, agent: Agent): Promise<number> {
  return new Promise((resolve) => {
    const call = request(
      {
        host: '127.0.0.1',
        port,
        path: '/audit',
        method: 'POST',
        agent,
        headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
      },
      (response) => {
        response
          .resume()
          .on('end', () => resolve(response.statusCode ?? 0))
          .on('error', () => resolve(0));
      },
    );
    call.on('error', () => resolve(0));
    call.end(body);
  });
}

function alertsIn(dataDir: string): readonly Alert[] {
  const store = openSqlite({ path: dataDir, readOnly: true, log: silent, retention: { age: 0, bytes: 0 } });
  try {
    const alerts: Alert[] = [];
    let cursor: string | undefined;
    do {
      const page = store.alerts({ limit: 10_000, ...(cursor !== undefined && { cursor }) });
      alerts.push(...page.alerts);
      cursor = page.next;
    } while (cursor !== undefined);
    return alerts;
  } finally {
    store.close();
  }
}

function pendingIn(dataDir: string): number {
  const store = openSqlite({ path: dataDir, readOnly: true, log: silent, retention: { age: 0, bytes: 0 } });
  try {
    return store.outbox().reduce((sum, { pending }) => sum + pending, 0);
  } finally {
    store.close();
  }
}

/** What came of a run: the exit code of the last stop, and everything that is not as promised. */
interface Account {
  readonly exit: number | null;
  readonly enough: boolean;
  readonly lost: readonly string[];
  readonly twice: number;
  readonly counted: readonly Alert[];
  readonly invented: readonly string[];
  readonly unprinted: readonly Alert[];
}

const IN_ORDER: Account = { exit: 0, enough: true, lost: [], twice: 0, counted: [], invented: [], unprinted: [] };

/** Kills the service at random moments while all loads run, then lets it finish, and accounts for every event. */
async function killAndAccount(sources: string, loads: readonly Load[], kills = KILLS, pause = 700): Promise<Account> {
  const config = join(folder, 'lapwing.yaml');
  const dataDir = join(folder, 'data');
  writeFileSync(config, `dataDir: ${dataDir}\nsources:\n${sources}sinks:\n  out: { type: console, format: ndjson }\n`);
  const stop = new AbortController();
  const running_ = Promise.all(loads.map((load) => load.run(stop.signal)));
  const printed: string[] = [];
  for (let kill = 0; kill <= kills; kill += 1) {
    running = await start(config);
    await sleep(randomInt(30, pause));
    if (kill === kills) break;
    await running.stop('SIGKILL');
    printed.push(...running.stdout);
  }
  stop.abort();
  await running_;
  const acknowledged = loads.flatMap((load) => [...load.acknowledged]);
  const isDone = () => {
    const known = new Set(alertsIn(dataDir).map(({ actor }) => actor.user));
    return acknowledged.every((id) => known.has(`user-${id}`)) && pendingIn(dataDir) === 0;
  };
  const deadline = performance.now() + 60_000;
  while (performance.now() < deadline && !isDone()) await sleep(500);
  const exit = await running!.stop('SIGTERM');
  printed.push(...running!.stdout);

  const alerts = alertsIn(dataDir);
  const users = new Set(alerts.map(({ actor }) => actor.user!));
  const sent = new Set(loads.flatMap((load) => [...load.sent]));
  const ids = printed
    .join('')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => (JSON.parse(line) as { event: { id: string } }).event.id);
  const shown = new Set(ids);
  return {
    exit,
    enough: acknowledged.length > BATCH * kills,
    lost: acknowledged.filter((id) => !users.has(`user-${id}`)),
    twice: alerts.length - users.size,
    counted: alerts.filter(({ count, revision }) => count !== 1 || revision !== 1),
    invented: [...users].filter((user) => !sent.has(user.slice('user-'.length))),
    // The console may print a write again that was in flight at a kill, under the same id; it misses none.
    unprinted: alerts.filter(({ id }) => !shown.has(id)),
  };
}

describe(`killed ${KILLS} times under load, nothing acknowledged is lost and nothing comes twice`, () => {
  it('through the webhook', { timeout: 60_000 + KILLS * 5_000 }, async () => {
    const port = await freePort();
    expect(
      await killAndAccount(`  audit: { type: webhook, listen: "127.0.0.1:${port}" }\n`, [webhookLoad(port)]),
    ).toEqual(IN_ORDER);
  });

  it('through a file that grows', { timeout: 60_000 + KILLS * 5_000 }, async () => {
    const path = join(folder, 'audit.log');
    expect(await killAndAccount(`  log: { type: file, paths: ["${path}"], follow: true }\n`, [fileLoad(path)])).toEqual(
      IN_ORDER,
    );
  });
});

describeOn(['kafka'], `killed ${KILLS} times under load`, (broker) => {
  it('nothing of a topic is lost and nothing comes twice', { timeout: 90_000 + KILLS * 10_000 }, async () => {
    const topic = `crash-${randomInt(1 << 30)}`;
    await createTopic(broker, topic, 2);
    expect(
      await killAndAccount(
        `  bus: { type: kafka, brokers: ["${broker}"], topics: ["${topic}"], groupId: ${topic}, sessionTimeout: 6s }\n`,
        [
          kafkaLoad(broker, topic),
          // After a kill the group waits for the dead member's session to end, before it hands partitions out again.
        ],
        Math.ceil(KILLS / 2),
        12_000,
      ),
    ).toEqual(IN_ORDER);
  });
});
