import { once } from 'node:events';
import { AppError } from '../model/index.ts';

/** Writes one line for each item, waiting where the reader is slow; a reader that left ends it quietly. */
export async function writeLines<T>(
  stream: NodeJS.WriteStream,
  items: Iterable<T>,
  line: (item: T) => string,
): Promise<void> {
  let failure: NodeJS.ErrnoException | undefined;
  const onError = (error: NodeJS.ErrnoException) => {
    failure = error;
  };
  stream.on('error', onError);
  for (const item of items) {
    if (failure) break;
    if (!stream.write(`${line(item)}\n`))
      await Promise.race([once(stream, 'drain'), once(stream, 'close')]).catch(() => undefined);
  }
  await new Promise<void>((resolve) => {
    if (failure) resolve();
    else stream.write('', () => resolve());
  });
  stream.off('error', onError);
  if (failure && failure.code !== 'EPIPE')
    throw new AppError('sink', `cannot write the output: ${failure.message}`, { cause: failure });
}
