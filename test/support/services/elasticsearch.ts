import { execFile } from 'node:child_process';
import { chmod, cp, mkdir, mkdtemp, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fetchArtifacts } from './artifacts.ts';
import { findJava } from './java.ts';
import { Missing } from './missing.ts';
import { freePorts } from './ports.ts';
import { startServer } from './server-process.ts';
import type { Server } from './server.ts';

const run = promisify(execFile);
const LEAST_JAVA = 21;
const READY_MS = 150_000;
/** Elasticsearch refuses to run as root. */
const NOBODY = 65_534;
const asRoot = process.getuid?.() === 0;

/** Lifts the distribution out of its versioned folder, readable for everyone, without other systems' libraries. */
async function arrange(folder: string, version: string): Promise<void> {
  const inner = join(folder, `elasticsearch-${version}`);
  for (const entry of await readdir(inner)) await rename(join(inner, entry), join(folder, entry));
  await rmdir(inner);
  await rm(join(folder, '.markers'), { recursive: true, force: true });
  for (const platform of await readdir(join(folder, 'lib/platform')).catch(() => []))
    if (!platform.startsWith(process.platform)) await rm(join(folder, 'lib/platform', platform), { recursive: true });
  await run('chmod', ['-R', 'a+rX', folder]);
  for (const program of await readdir(join(folder, 'bin'))) await chmod(join(folder, 'bin', program), 0o755);
}

/** The distribution, at a place that the user nobody can read; root's home usually is not. */
async function distribution(folder: string): Promise<string> {
  const cached = await fetchArtifacts('elasticsearch', 'unpack', arrange);
  if (!asRoot) return cached;
  const readable = await run('setpriv', [...nobody, 'test', '-r', join(cached, 'lib')]).then(
    () => true,
    () => false,
  );
  if (readable) return cached;
  const copy = join(folder, 'dist');
  await cp(cached, copy, { recursive: true });
  return copy;
}

const nobody = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', '--'];

const settings = (http: number, transport: number, folder: string, secured: boolean): string =>
  [
    'cluster.name: lapwing-test',
    'discovery.type: single-node',
    'network.host: 127.0.0.1',
    `http.port: ${http}`,
    `transport.port: ${transport}`,
    `path.data: ${folder}/data`,
    `path.logs: ${folder}/logs`,
    // A full disk of the machine is not what is tested.
    'cluster.routing.allocation.disk.threshold_enabled: false',
    'action.destructive_requires_name: false',
    `xpack.security.enabled: ${secured}`,
    'xpack.security.http.ssl.enabled: false',
    '',
  ].join('\n');

/**
 * A one-node Elasticsearch (Elastic's minimal distribution) on 127.0.0.1, empty at first. With a password: basic auth for the
 * user elastic. Throws Missing where it cannot be had.
 */
export async function startElasticsearch(
  options: { port?: number; transportPort?: number; password?: string } = {},
): Promise<Server> {
  const home = await findJava(LEAST_JAVA);
  const { password } = options;
  const [freeHttp, freeTransport] = await freePorts(2);
  const port = options.port ?? freeHttp!;
  const folder = await mkdtemp(join(tmpdir(), 'lapwing-es-'));
  const cleanUp = () => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  const address = `http://127.0.0.1:${port}`;
  const authorization = password === undefined ? undefined : `Basic ${btoa(`elastic:${password}`)}`;

  const healthy = async (): Promise<boolean> => {
    const answer = await fetch(`${address}/_cluster/health?wait_for_status=yellow&timeout=1s`, {
      headers: authorization === undefined ? {} : { authorization },
      signal: AbortSignal.timeout(5_000),
    });
    await answer.arrayBuffer();
    return answer.ok;
  };

  const prepare = async () => {
    const dist = await distribution(folder);
    for (const each of ['config', 'data', 'logs', 'tmp']) await mkdir(join(folder, each));
    await cp(join(dist, 'config'), join(folder, 'config'), { recursive: true });
    const transport = options.transportPort ?? freeTransport!;
    await writeFile(
      join(folder, 'config/elasticsearch.yml'),
      settings(port, transport, folder, password !== undefined),
    );
    if (asRoot) await run('chown', ['-R', `${NOBODY}:${NOBODY}`, folder]);
    const env: NodeJS.ProcessEnv = {
      PATH: process.env['PATH'],
      HOME: join(folder, 'tmp'),
      ES_JAVA_HOME: home,
      ES_PATH_CONF: join(folder, 'config'),
      ES_TMPDIR: join(folder, 'tmp'),
      ES_JAVA_OPTS: '-Xms512m -Xmx512m -XX:-AlwaysPreTouch -XX:TieredStopAtLevel=1 -Xlog:disable',
    };
    const as = asRoot ? ['setpriv', ...nobody] : [];
    if (password !== undefined) {
      const keystore = [...as, join(dist, 'bin/elasticsearch-keystore')];
      const keep = (args: string[], input = '') => {
        const done = run(keystore[0]!, [...keystore.slice(1), ...args], { env });
        done.child.stdin?.end(input);
        return done;
      };
      await keep(['create']);
      await keep(['add', '-x', '-f', 'bootstrap.password'], password);
    }
    return { argv: [...as, join(dist, 'bin/elasticsearch')], env };
  };

  let starts = 0;
  const start = (program: { argv: string[]; env: NodeJS.ProcessEnv }) =>
    startServer({ name: 'elasticsearch', ...program, log: join(folder, `server-${++starts}.log`) }, healthy, READY_MS);

  try {
    const program = await prepare();
    let server = await start(program);
    return {
      address,
      stop: async () => {
        await server.kill();
        await cleanUp();
      },
      restart: async () => {
        await server.stop();
        server = await start(program);
      },
      kill: () => server.kill(),
    };
  } catch (error) {
    await cleanUp();
    if ((error as { code?: unknown }).code === 'ENOENT')
      throw new Missing(`cannot start elasticsearch: ${String(error)}`);
    throw error;
  }
}
