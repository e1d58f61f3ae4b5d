import type { Config } from '../config/load.ts';
import { AppError } from '../model/index.ts';

/** The settings of a source that tell which clusters its events are of. */
interface Naming {
  readonly type: string;
  readonly cluster?: string;
  readonly clusterByTopic?: Readonly<Record<string, string>>;
  readonly clusterHeader?: string;
  readonly paths?: readonly string[];
  readonly shape?: string;
}

/**
 * The cluster that a command is about: the one that was asked for, else the only one that the configuration has; empty where its
 * events carry no name. Throws AppError `usage` where the configuration has several, or none of that name.
 */
export function clusterOf(config: Config, asked: string | undefined): string {
  const sources = Object.values(config.sources) as unknown as readonly Naming[];
  const known = new Set(sources.flatMap((source) => namesOf(source, config.cluster)));
  if (known.size === 0) known.add(config.cluster ?? '');
  const names = [...known].filter((name) => name !== '').sort();
  if (asked === undefined) {
    if (known.size === 1) return [...known][0]!;
    throw new AppError('usage', `--cluster: the configuration has several clusters: name one of ${names.join(', ')}`);
  }
  if (known.has(asked) || sources.some(isOpen)) return asked;
  const hint =
    names.length > 0
      ? `it has ${names.join(', ')}`
      : 'its events carry no cluster name: leave --cluster out, or set `cluster`';
  throw new AppError('usage', `--cluster: no event of this configuration is of a cluster ${asked}; ${hint}`);
}

/** Names that stand in the settings; the last one is for events that nothing else names. */
const namesOf = ({ cluster, clusterByTopic }: Naming, byDefault = ''): readonly string[] => [
  ...Object.values(clusterByTopic ?? {}),
  cluster ?? byDefault,
];

/** Whether each event may bring a name of its own: by a header, its path, its credential, or what it is wrapped in. */
const isOpen = ({ type, cluster, clusterHeader, paths = [], shape }: Naming): boolean =>
  clusterHeader !== undefined ||
  paths.some((path) => path.includes('{cluster}')) ||
  (cluster === undefined && (type !== 'file' || shape !== undefined));
