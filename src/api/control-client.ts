import { once } from 'node:events';
import { lstatSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { AppError, messageOf, type ErrorCode } from '../model/index.ts';
import { controlPath } from './control-path.ts';

/** What a service answers. */
export type Answer = Readonly<Record<string, unknown>>;

/** Longest answer that is read. */
const ANSWER = 64 * 1024;

/** A command's side of the control socket. */
export class ControlClient {
  readonly #path: string | undefined;

  constructor(dataDir: string) {
    this.#path = controlPath(dataDir);
  }

  /** Whether a service listens there now. */
  async isServed(): Promise<boolean> {
    if (this.#path === undefined || lstatSync(this.#path, { throwIfNoEntry: false })?.isSocket() !== true) return false;
    try {
      await this.#call('GET', '/', []);
      return true;
    } catch (thrown) {
      const { code } = ((thrown as AppError).cause ?? {}) as NodeJS.ErrnoException;
      // What a killed service leaves behind, or a service that ends just now.
      if (code === 'ECONNREFUSED' || code === 'ENOENT' || code === 'ECONNRESET') return false;
      throw thrown;
    }
  }

  /** Sends objects of a cluster, one a line; resolves with the service's answer once they are durable. Throws AppError. */
  importFacts(cluster: string, lines: AsyncIterable<string>): Promise<Answer> {
    return this.#call('POST', `/facts?cluster=${encodeURIComponent(cluster)}`, lines);
  }

  /** Sends what a backfill found in log files of a cluster, one thing a line; resolves once all of it is durable. Throws AppError. */
  backfill(cluster: string, lines: AsyncIterable<string>): Promise<Answer> {
    return this.#call('POST', `/backfill?cluster=${encodeURIComponent(cluster)}`, lines);
  }

  async #call(method: string, path: string, body: Iterable<string> | AsyncIterable<string>): Promise<Answer> {
    const call = request({ socketPath: this.#path!, method, path, agent: false });
    // A service that hears nothing for some seconds hangs up, and the first line may take minutes.
    if (method === 'POST') call.flushHeaders();
    let isAnswered = false;
    const answer = new Promise<IncomingMessage>((resolve, reject) => {
      call.once('error', reject);
      call.once('response', (response) => {
        isAnswered = true;
        resolve(response);
      });
    });
    answer.catch(() => undefined);
    try {
      for await (const text of body) {
        if (isAnswered) break;
        if (!call.write(text)) await Promise.race([once(call, 'drain'), answer]).catch(failed);
      }
      call.end();
      return await read(await answer.catch(failed)).catch(failed);
    } finally {
      call.destroy();
    }
  }
}

async function read(response: IncomingMessage): Promise<Answer> {
  let text = '';
  for await (const chunk of response.setEncoding('utf8')) if (text.length < ANSWER) text += chunk;
  const answer = JSON.parse(text) as Answer & { error?: { code: ErrorCode; message: string } };
  if (response.statusCode === 200) return answer;
  throw new AppError(answer.error?.code ?? 'store', `the running service says: ${answer.error?.message ?? 'no'}`);
}

function failed(thrown: unknown): never {
  if (thrown instanceof AppError) throw thrown;
  throw new AppError('store', `the running service gave no answer: ${messageOf(thrown)}`, { cause: thrown });
}
