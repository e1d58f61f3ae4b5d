import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fetchArtifacts } from './services/artifacts.ts';
import { findJava } from './services/java.ts';

const SOURCE = fileURLToPath(new URL('kafka-java.java', import.meta.url));
const LEAST_JAVA = 17;

/** Runs Kafka's own Java client, a JDK compiling the few lines around it; returns what it prints. */
async function run(args: readonly string[], input: readonly Buffer[]): Promise<Buffer> {
  const [home, jars] = await Promise.all([findJava(LEAST_JAVA), fetchArtifacts('kafka', 'copy')]);
  const jvm = ['-Xmx512m', '-XX:TieredStopAtLevel=1', '-Dorg.slf4j.simpleLogger.defaultLogLevel=error'];
  const child = execFile(join(home, 'bin/java'), [...jvm, '-cp', `${jars}/*`, SOURCE, ...args], {
    encoding: 'buffer',
    maxBuffer: 512 * 1024 * 1024,
    env: { ...process.env, JAVA_TOOL_OPTIONS: '' },
  });
  const [out, problems]: Buffer[][] = [[], []];
  child.stdout!.on('data', (piece: Buffer) => out!.push(piece));
  child.stderr!.on('data', (piece: Buffer) => problems!.push(piece));
  // It ends on its own terms where it does not want all of it.
  child.stdin!.on('error', () => {});
  child.stdin!.end(Buffer.concat(input));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`the Java client failed: ${Buffer.concat(problems!).toString().slice(0, 2_000)}`);
  return Buffer.concat(out!);
}

export type Codec = 'gzip' | 'snappy' | 'lz4' | 'zstd';

interface Keyed {
  readonly key?: string;
  readonly value: string;
}

/**
 * Sends sets of records to a topic's partition 0 as Java producers do, each set in as few batches as its size before compression allows;
 * returns the folder in which the broker keeps the partition.
 */
export async function produceWithJava(
  broker: string,
  topic: string,
  sets: readonly { readonly codec: Codec; readonly records: readonly Keyed[] }[],
  batchBytes = 1_000_000,
): Promise<string> {
  const input = sets.flatMap(({ codec, records }) => [
    name(codec),
    int32(records.length),
    ...records.flatMap(({ key, value }) => [...sized(key), ...sized(value)]),
  ]);
  const folder = await run(['produce', broker, topic, String(batchBytes)], [int32(sets.length), ...input]);
  return folder.toString();
}

/** Something to compress. `snappy-raw` is without Java's frame, as other clients write it. */
export interface Piece {
  readonly codec: Codec | 'snappy-raw';
  readonly level?: number;
  readonly bytes: Buffer;
}

/** The pieces as Kafka's Java client compresses its batches. */
export async function compressWithJava(pieces: readonly Piece[]): Promise<Buffer[]> {
  const input = pieces.flatMap(({ codec, level, bytes }) => [name(codec), int32(level ?? NONE), ...sized(bytes)]);
  const packed = await run(['compress'], [int32(pieces.length), ...input]);
  const found: Buffer[] = [];
  for (let at = 0; at < packed.length;) {
    const length = packed.readInt32BE(at);
    found.push(packed.subarray(at + 4, at + 4 + length));
    at += 4 + length;
  }
  if (found.length !== pieces.length) throw new Error(`compressed ${found.length} of ${pieces.length} pieces`);
  return found;
}

/** Stands for a level or a key that is not there. */
const NONE = -(2 ** 31);

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

const name = (text: string): Buffer => Buffer.concat([Buffer.of(0, text.length), Buffer.from(text)]);

const sized = (bytes: string | Buffer | undefined): Buffer[] => {
  if (bytes === undefined) return [int32(NONE)];
  const own = Buffer.from(bytes as string);
  return [int32(own.length), own];
};
