import type { Cluster } from '../cluster.ts';
import { ask } from '../request.ts';
import { user } from '../who.ts';
import { MINUTE, SECOND, type Story } from '../world.ts';

const PATHS = [
  '/',
  '/favicon.ico',
  '/robots.txt',
  '/api',
  '/api/v1',
  '/version',
  '/.env',
  '/login',
  '/manager/html',
  '/healthz',
];
const AGENTS = [
  'Mozilla/5.0 (compatible; CensysInspect/1.1; +https://about.censys.io/)',
  'Mozilla/5.0 zgrab/0.x',
  'curl/7.64.1',
  'Go-http-client/1.1',
  'python-requests/2.25.1',
];

/** The API server is on the internet: strangers knock all day, a path or three each, and are turned away. */
export function internet(cluster: Cluster): void {
  const { world } = cluster;
  world.spawn(knocking());

  function* knocking(): Story {
    for (;;) {
      const address = `192.0.2.${world.count(1, 254)}`;
      const stranger = user(world, 'internet', 'system:anonymous', [], address, world.pick(AGENTS), {});
      const who = { ...stranger, json: stranger.json.replace('system:authenticated', 'system:unauthenticated') };
      for (const path of world.some(PATHS, world.count(1, 4))) {
        ask(world, who, path, ['/version', '/healthz'].includes(path) ? 200 : 403);
        yield SECOND;
      }
      yield world.between(2, 40) * MINUTE;
    }
  }
}
