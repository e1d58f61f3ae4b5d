/** What stands in place of secret material. */
export const REDACTED = '[redacted]';

/** Annotations in which those who apply objects keep whole copies of them, secrets among them. */
const APPLIED = /(?:last-applied(?:-config(?:uration)?)?|last-handled-configuration|\/original|\/applied)$/;

/** Whether an annotation holds a whole copy of its object. */
export const isLastApplied = (name: string): boolean => APPLIED.test(name.slice(-LONGEST));

/** Ends of names, without their case and punctuation. */
const SECRET_ENDS: readonly string[] = `
  password passwd passphrase passcode pass pwd secret token apikey accesskey accesskeyid secretkey privatekey accountkey sharedkey
  encryptionkey signingkey sessionkey masterkey clientkey clientkeydata sshkey tlskey keypem authkey licensekey storagekey hmackey
  credential credentials authorization cookie jwt signature bearer dockerconfigjson dockercfg htpasswd connectionstring sessionid
  csrf xsrf mnemonic seedphrase`
  .trim()
  .split(/\s+/);
/** Those of which there may be several under one name. */
const PLURAL_ENDS: readonly string[] = 'passwords passphrases tokens apikeys accesskeys privatekeys cookies jwts'.split(
  ' ',
);
/** Parts of a field's path under which every value is secret, or may be. */
const SECRET_PARTS: ReadonlySet<string> = new Set(['data', 'stringData', 'binaryData', 'env', 'annotations']);

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

/** The same for the path of a field: "data[password]", "spec.containers[0].env[1].value". */
export function isSecretField(path: string): boolean {
  const parts = path.split(/[.[\]/]+/).filter((part) => part !== '' && !/^\d+$/.test(part));
  return parts.some((part) => SECRET_PARTS.has(part)) || isSecretName(parts.at(-1) ?? '');
}

function judge(name: string): boolean {
  const plain = name
    .slice(-LONGEST)
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');
  if (plain === 'sig' || plain === 'auth') return true;
  return SECRET_ENDS.some((end) => plain.endsWith(end)) || PLURAL_ENDS.some((end) => plain.endsWith(end));
}
