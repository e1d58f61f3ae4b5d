/** What stands in place of secret material. */
export const REDACTED = '[redacted]';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** Whole copies of objects, secrets among them, live in this annotation. */
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

/**
 * True for a name (of a field, a query parameter, an option) whose value is a credential: "db_password", "X-Amz-Signature",
 * "--api-key". Names such as "secretName" or "tokenExpirationSeconds" are not.
 */
export function isSecretName(name: string): boolean {
  const plain = name
    .slice(-LONGEST)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
  return plain === 'sig' || plain === 'auth' || SECRET_ENDS.some((end) => plain.endsWith(end));
}
