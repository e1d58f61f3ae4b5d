import { z } from 'zod';
import { duration, formatDuration, size, type Detector, type Sink, type Source, type Spec } from '../model/index.ts';
import { exceptionList } from './exceptions.ts';

/** All that a configuration can name. Handed in by the composition root, so that this folder knows no component. */
export interface Catalogue {
  readonly sources: readonly Spec<never, Source>[];
  readonly sinks: readonly Spec<never, Sink>[];
  readonly detectors: readonly Detector[];
  readonly store: z.ZodObject;
}

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'a name has lower-case letters, digits and dashes, at most 63');

/** One entry of `sources` or `sinks`: the settings of its type. */
const component = <T>(specs: readonly Spec<never, T>[]) => {
  const options = specs.map((spec) =>
    spec.settings
      .extend({ type: z.literal(spec.type) })
      .strict()
      .describe(spec.description),
  );
  return z.discriminatedUnion('type', options as unknown as [z.ZodObject<{ type: z.ZodLiteral<string> }>]);
};

/** One entry of `detectors`: on or off, quiet, and the detector's own parameters. */
const detectorSettings = (detector: Detector) =>
  z
    .strictObject({
      enabled: z.boolean().default(true).describe('False switches the detector off.'),
      quiet: duration(formatDuration(detector.quiet)).describe(
        'Event time during which further findings of the same key join the open alert.',
      ),
      ...(detector.params as unknown as z.ZodObject).shape,
    })
    .prefault({});

const log = z
  .strictObject({
    level: z.enum(['debug', 'info', 'warn', 'error']).default('info').describe('Log lines below this are left out.'),
    format: z.enum(['json', 'text']).default('json').describe('json for machines, text for a terminal.'),
  })
  .prefault({});

const limits = z
  .strictObject({
    detectorMemory: size('8MiB').describe(
      'Memory of one detector for one cluster. Past it the least frequent keys are forgotten, and counted.',
    ),
    facts: size('64MiB').describe('What is known of roles, bindings and pods of one cluster.'),
    waiting: size('128MiB').describe('Events of one cluster that wait a second for others that are older.'),
  })
  .prefault({});

const health = z
  .strictObject({
    listen: z
      .string()
      .optional()
      .describe('Address of /livez, /readyz and /metrics, e.g. 127.0.0.1:9444. Off where absent.'),
  })
  .prefault({});

/** The whole configuration, checked strictly: an unknown key is an error that names it. */
export const configSchema = (catalogue: Catalogue) =>
  z.strictObject({
    dataDir: z
      .string()
      .optional()
      .describe('Folder of the embedded store. Default: $XDG_STATE_HOME/lapwing, else ~/.local/state/lapwing.'),
    cluster: z
      .string()
      .max(253)
      .optional()
      .describe('Name of the cluster, for sources that name none. Without it alerts carry no cluster.'),
    log: log.describe('Log on stderr.'),
    store: catalogue.store.prefault({}).describe('Where alerts and memory are kept.'),
    health: health.describe('Health and metrics over HTTP.'),
    limits: limits.describe('Bounds of memory, whatever arrives.'),
    sources: z
      .record(name, component(catalogue.sources))
      .default({})
      .describe('Where events come from, by a name of your choice.'),
    sinks: z
      .record(name, component(catalogue.sinks))
      .default({})
      .describe('Where alerts go, by a name of your choice.'),
    detectors: z
      .strictObject(
        Object.fromEntries(catalogue.detectors.map((detector) => [detector.id, detectorSettings(detector)])),
      )
      .prefault({})
      .describe('Each detector: on or off, quiet, parameters.'),
    exceptions: exceptionList(catalogue.detectors),
  });

/** The outcome of a configuration, defaults filled in. */
export type Settings = z.output<ReturnType<typeof configSchema>>;
