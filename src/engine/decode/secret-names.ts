/** What stands in place of secret material. */
export const REDACTED = '[redacted]';

/** Whole copies of objects, secrets among them, live in this annotation. */
export const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Whether an annotation holds a whole copy of its object. */
export const isLastApplied = (name: string): boolean => name === LAST_APPLIED;

const SECRET_ENDS: readonly string[] = [
  'password',
  'passwd',
  'passphrase',
  'pass',
  'pwd',
  'secret',
  'token',
  'apikey',
  'accesskey',
  'accesskeyid',
  'secretkey',
  'privatekey',
  'accountkey',
  'sharedkey',
  'encryptionkey',
  'signingkey',
  'sessionkey',
  'credential',
  'credentials',
  'authorization',
  'cookie',
  'jwt',
  'signature',
  'bearer',
];

/** Names of at most this many characters are judged; longer ones by their end. */
const LONGEST = 128;

/** Judgements kept of short names: the fields of Kubernetes objects are few, and asked about again and again. */
const JUDGED = new Map<string, boolean>();
const KEPT = 4_096;
const SHORT = 64;

/**
 * True for a name (of a field, a query parameter, an option) whose value is a credential: "db_password", "X-Amz-Signature",
 * "--api-key". Names such as "secretName" or "tokenExpirationSeconds" are not.
 */
export function isSecretName(name: string): boolean {
  if (name.length > SHORT) return judge(name);
  let judged = JUDGED.get(name);
  if (judged === undefined) {
    judged = judge(name);
    if (JUDGED.size >= KEPT) JUDGED.clear();
    JUDGED.set(name, judged);
  }
  return judged;
}

function judge(name: string): boolean {
  const plain = name
    .slice(-LONGEST)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
  return plain === 'sig' || plain === 'auth' || SECRET_ENDS.some((end) => plain.endsWith(end));
}
