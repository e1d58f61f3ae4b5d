import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fetchArtifacts } from './artifacts.ts';
import { findJava } from './java.ts';
import { freePorts } from './ports.ts';
import { startServer } from './server-process.ts';
import type { Server } from './server.ts';

const run = promisify(execFile);
const LEAST_JAVA = 17;
const READY_MS = 90_000;
const CLUSTER_ID = 'bGFwd2luZy10ZXN0LTAwMQ';

const properties = (port: number, controller: number, data: string): string => {
  const settings: Readonly<Record<string, string | number | boolean>> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'CLIENT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'inter.broker.listener.name': 'CLIENT',
    listeners: `CLIENT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `CLIENT://127.0.0.1:${port}`,
    'log.dirs': data,
    'auto.create.topics.enable': false,
    // One node: nothing can have a second copy.
    'default.replication.factor': 1,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 1,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // Tests are many and short.
    'group.initial.rebalance.delay.ms': 0,
    'group.min.session.timeout.ms': 1000,
    'log.retention.check.interval.ms': 5000,
    'log.cleaner.dedupe.buffer.size': 16_777_216,
    'log.cleaner.threads': 1,
    'num.network.threads': 2,
    'num.io.threads': 4,
    'message.max.bytes': 100_000_000,
    'replica.fetch.max.bytes': 100_000_000,
    'socket.request.max.bytes': 110_000_000,
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
};

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });

/** A one-node Kafka broker (KRaft, plain text) on 127.0.0.1, empty at first. Throws Missing where it cannot be had. */
export async function startKafka(options: { port?: number; controllerPort?: number } = {}): Promise<Server> {
  const home = await findJava(LEAST_JAVA);
  const jars = await fetchArtifacts('kafka', 'copy');
  const [freePort, freeController] = await freePorts(2);
  const port = options.port ?? freePort!;
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-kafka-'));
  const config = join(folder, 'server.properties');
  await mkdir(join(folder, 'data'));
  await writeFile(config, properties(port, options.controllerPort ?? freeController!, join(folder, 'data')));

  const java = join(home, 'bin/java');
  const env = { ...process.env, JAVA_TOOL_OPTIONS: '' };
  const jvm = [
    '-XX:TieredStopAtLevel=1',
    '-XX:+UseSerialGC',
    '-Dorg.slf4j.simpleLogger.showDateTime=true',
    '-cp',
    `${jars}/*`,
  ];
  await run(java, ['-Xmx128m', ...jvm, 'kafka.tools.StorageTool', 'format', '-t', CLUSTER_ID, '-c', config], { env });

  let starts = 0;
  const start = () => {
    // The line of an earlier start in the same file says nothing about this one.
    const log = join(folder, `server-${++starts}.log`);
    const argv = [java, '-Xmx512m', ...jvm, 'kafka.Kafka', config];
    const ready = async (text: string) => text.includes('Kafka Server started') && (await listens(port));
    return startServer({ name: 'kafka', argv, env, log }, ready, READY_MS);
  };
  const cleanUp = () => rm(folder, { recursive: true, force: true, maxRetries: 3 });

  let server = await start().catch(async (error: unknown) => {
    await cleanUp();
    throw error;
  });
  return {
    address: `127.0.0.1:${port}`,
    stop: async () => {
      // Its data is thrown away: nothing to shut down in order.
      await server.kill();
      await cleanUp();
    },
    restart: async () => {
      await server.stop();
      server = await start();
    },
    kill: () => server.kill(),
  };
}
