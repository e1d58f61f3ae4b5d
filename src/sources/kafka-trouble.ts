import { AppError } from '../model/index.ts';
import { secondMember } from './kafka-group.ts';
import type { KafkaSettings } from './kafka-settings.ts';

/** What ended a consumer, in plain words; retryable where a new one may fare better. */
export function diagnose(error: unknown, settings: KafkaSettings): AppError {
  const own = ours(error);
  if (own) return own;
  const { name, type, message, cause } = deepest(error);
  const text = `${type ?? name}: ${message}`.slice(0, 500);
  const fail = (what: string, retryable: boolean) =>
    new AppError('source', `${what} (${text})`, { retryable, cause: cause ?? error });
  if (type === 'INCONSISTENT_GROUP_PROTOCOL') return secondMember(settings.groupId, 'another program');
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION') return fail(`waiting for the topics ${settings.topics.join(', ')}`, true);
  if (name === 'KafkaJSSASLAuthenticationError' || (type && /AUTHENTICATION|AUTHORIZATION|SASL/.test(type)))
    return fail('the broker refuses the credentials', false);
  if (type === 'INVALID_SESSION_TIMEOUT') return fail('the broker refuses the sessionTimeout', false);
  return fail(`cannot read from ${settings.brokers.join(', ')}`, true);
}

/** What our own code said, however the client library wrapped it. */
function ours(error: unknown): AppError | undefined {
  let found = error;
  for (let depth = 0; depth < 10 && found instanceof Error; depth++) {
    if (found instanceof AppError) return found;
    found = found.cause;
  }
  return undefined;
}

interface Trouble {
  readonly name: string;
  readonly message: string;
  readonly type?: string;
  readonly cause?: unknown;
}

function deepest(error: unknown): Trouble {
  let found = error;
  for (let depth = 0; depth < 10 && found instanceof Error; depth++) {
    if ((found as Partial<Trouble>).type !== undefined || !(found.cause instanceof Error)) break;
    found = found.cause;
  }
  return found instanceof Error ? (found as Trouble) : { name: 'Error', message: String(found) };
}
