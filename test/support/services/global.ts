import { writeFile } from 'node:fs/promises';
import type { TestProject } from 'vitest/node';
import { startElasticsearch } from './elasticsearch.ts';
import { startKafka } from './kafka.ts';
import { Missing } from './missing.ts';
import type { Server } from './server.ts';

/** What the shared server of this run is: where it listens, or why there is none. */
export type Offer = { readonly address: string } | { readonly missing: string };

declare module 'vitest' {
  export interface ProvidedContext {
    kafka: Offer;
    elasticsearch: Offer;
  }
}

const STARTERS = { kafka: startKafka, elasticsearch: startElasticsearch };
type Name = keyof typeof STARTERS;

/** LAPWING_TEST_SERVICES=kafka or =none narrows what is started, for a quicker round while one works on one thing. */
const wanted = (name: Name): boolean =>
  (process.env['LAPWING_TEST_SERVICES'] ?? 'kafka,elasticsearch').split(',').includes(name);

/**
 * Starts one Kafka and one Elasticsearch for the whole run of the integration tests, or says why not. With LAPWING_TEST_REASONS
 * the reasons go to that file, too, for the closing line of `npm test`. A server that is there but does not start is an error.
 */
export default async function services(project: TestProject): Promise<() => Promise<void>> {
  const running: Server[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(running.splice(0).map((server) => server.stop()));
  };
  const reasons: Partial<Record<Name, string>> = {};

  const offer = async (name: Name): Promise<void> => {
    try {
      if (!wanted(name)) throw new Missing(`LAPWING_TEST_SERVICES leaves ${name} out`);
      const server = await STARTERS[name]();
      running.push(server);
      project.provide(name, { address: server.address });
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      reasons[name] = error.message;
      project.provide(name, { missing: error.message });
    }
  };

  const started = await Promise.allSettled([offer('kafka'), offer('elasticsearch')]);
  const failed = started.find((each) => each.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const file = process.env['LAPWING_TEST_REASONS'];
  if (file) await writeFile(file, JSON.stringify(reasons));
  return stop;
}
