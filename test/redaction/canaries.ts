import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

/** A kind of secret as it may stand in any text: one that is told by its form, or by the words around it. */
export interface Canary {
  readonly kind: string;
  /** What must never be seen again, in no form. */
  readonly secret: string;
  readonly text: string;
  /** Told by its own form: also where a name is expected. */
  readonly isForm: boolean;
}

const ALL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const SMALL = 'abcdefghijklmnopqrstuvwxyz0123456789';
const CAPITAL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const HEX = '0123456789abcdef';

/** Letters that look random, the same each time; each alphabet is used whole. */
function made(seed: string, length: number, alphabet = ALL): string {
  let text = '';
  for (let block = 0; text.length < length; block += 1)
    for (const byte of createHash('sha256').update(`${seed}/${block}`).digest())
      text += alphabet[byte % alphabet.length];
  return text.slice(0, length);
}

const base64 = (text: string | Uint8Array): string => Buffer.from(text as string).toString('base64');
const canaries: Canary[] = [];

/** `text` gets the secret; `seen` is what of the text must not be seen where that is not the secret itself. */
function add(
  kind: string,
  isForm: boolean,
  secret: string,
  text: (secret: string) => string = (given) => given,
  seen: (text: string) => string = () => secret,
): void {
  const whole = text(secret);
  canaries.push({ kind, secret: seen(whole), text: whole, isForm });
}
const form = (kind: string, secret: string, text?: (secret: string) => string): void => add(kind, true, secret, text);
const told = (kind: string, text: (secret: string) => string, length = 24): void =>
  add(kind, false, made(kind, length), text);
/** A piece from the middle of a blob. */
const within = (blob: string): string => blob.slice(blob.length / 2, blob.length / 2 + 24);

form(
  'JSON web token',
  made('jwt', 43),
  (s) =>
    `${base64('{"alg":"RS256","kid":"a"}').replace(/=+$/, '')}.${base64('{"iss":"kubernetes"}').replace(/=+$/, '')}.${s}`,
);
form('AWS access key id', `AKIA${made('akia', 16, CAPITAL)}`);
form('GitHub token', `ghp_${made('ghp', 36)}`);
form('GitHub fine-grained token', `github_pat_${made('ghpat', 60)}`);
form('GitLab token', `glpat-${made('glpat', 20)}`);
form('Slack token', `xoxb-${made('xoxn', 12, '0123456789')}-${made('xoxb', 24)}`);
form('Slack hook', made('hook', 24), (s) => `https://hooks.slack.com/services/T0AAAAAAA/B0BBBBBBB/${s}`);
form('npm token', `npm_${made('npm', 36)}`);
form('PyPI token', `pypi-${made('pypi', 60)}`);
form('Stripe key', `sk_live_${made('stripe', 24)}`);
form('SendGrid key', made('sg2', 43), (s) => `SG.${made('sg1', 22)}.${s}`);
form('DigitalOcean token', `dop_v1_${made('do', 64, HEX)}`);
form('Google API key', `AIza${made('aiza', 35)}`);
form('model provider key', `sk-proj-${made('sk', 40)}`);
form('Vault token', `hvs.${made('hvs', 40)}`);
form('Docker Hub token', `dckr_pat_${made('dckr', 27)}`);
form('Azure client secret', `${made('azs', 3)}8Q~${made('az', 34)}`);
form('bootstrap token', made('boot', 16, SMALL), (s) => `abcdef.${s}`);
form('random key', base64(createHash('sha384').update('random').digest()));
form('private key', made('pem', 64), (s) => `-----BEGIN RSA PRIVATE KEY-----\n${s}\n-----END RSA PRIVATE KEY-----`);
form(
  'private key on one line',
  made('pem1', 64),
  (s) => `-----BEGIN EC PRIVATE KEY-----\\n${s}\\n-----END EC PRIVATE KEY-----\\n`,
);
add(
  'private key as base64',
  true,
  made('pem64', 64),
  (s) => base64(`-----BEGIN PRIVATE KEY-----\n${s}\n-----END PRIVATE KEY-----\n`),
  within,
);
add(
  'registry logins as base64',
  true,
  made('docker64', 32),
  (s) => base64(JSON.stringify({ auths: { 'r.example': { auth: base64(`bob:${s}`) } } })),
  within,
);
add(
  'kubeconfig as base64',
  true,
  made('kube64', 32),
  (s) => base64(`apiVersion: v1\nkind: Config\nusers:\n- name: a\n  user:\n    token: ${s}\n`),
  within,
);
add('Helm release', true, made('helm', 400), (s) => base64(base64(gzipSync(JSON.stringify({ manifest: s })))), within);
add(
  'applied object, compressed',
  true,
  made('rancher', 400),
  (s) => base64(gzipSync(JSON.stringify({ data: { a: s } }))),
  within,
);

told('AWS secret key', (s) => `aws_secret_access_key = ${s}`, 40);
told('AWS secret key as a setting', (s) => `aws configure set aws_secret_access_key ${s}`, 40);
told(
  'service account of Google',
  (s) =>
    JSON.stringify({
      type: 'service_account',
      private_key: `-----BEGIN PRIVATE KEY-----\n${s}\n-----END PRIVATE KEY-----\n`,
    }),
  64,
);
told(
  'Azure connection string',
  (s) => `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${s}==;EndpointSuffix=core.windows.net`,
  86,
);
told('Azure shared access signature', (s) => `https://a.blob.core.windows.net/c?sv=2024-01-01&sp=r&sig=${s}%3D`, 43);
told('Twilio token', (s) => `TWILIO_AUTH_TOKEN=${s}`);
told('database address', (s) => `postgres://app:${s}@db:5432/app?sslmode=disable`);
told('database address of Go', (s) => `app:${s}@tcp(db:3306)/app`);
told('basic auth in an address', (s) => `https://bob:${s}@git.example/x.git`);
told('token in an address', (s) => `https://${s}@git.example/x.git`);
told('bearer header', (s) => `Authorization: Bearer ${s}`);
told('basic header', (s) => `Authorization: Basic ${base64(`bob:${s}`)}`);
told('token header', (s) => `Authorization: Token token="${s}"`);
told('cookies', (s) => `Cookie: theme=dark; session=${s}`);
told(
  'kubeconfig',
  (s) => `users:\n- name: a\n  user:\n    client-certificate-data: AAAA\n    client-key-data: ${s}\n`,
  64,
);
told('YAML with the value on the next line', (s) => `password: |\n      ${s}\nuser: bob`);
told('password', (s) => `DB_PASSWORD=${s}`);
told('password with quotes in it', (s) => `{"password":"ab\\"${s}","user":"bob"}`);
told('password option', (s) => `tool --password ${s} go`);
told('password of a short option', (s) => `mysql -u root -p${s} db`);
told('literal of a secret', (s) => `kubectl create secret generic x --from-literal=a=${s}`);
told('password of a statement', (s) => `psql -c "ALTER USER app WITH PASSWORD '${s}'"`);
told('registry logins', (s) => `{"auths":{"r.example":{"auth":"${base64(`bob:${s}`)}"}}}`);
told('manifest', (s) => `apiVersion: v1\nstringData:\n  anything: ${s}\nkind: Secret\n`);
told('manifest as JSON', (s) => JSON.stringify({ apiVersion: 'v1', data: { anything: s }, kind: 'ConfigMap' }));
told(
  'refused value',
  (s) => `Secret "x" is invalid: data[a b]: Invalid value: "${s}": a valid key must consist of letters`,
);
told('command in a query', (s) => `https://node:10250/run/a/b/c?cmd=mysql%20-p${s}`);
told('twice escaped', (s) => `https://a.example/?next=${encodeURIComponent(`/b?access_token%3D${s}`)}`);

export const CANARIES: readonly Canary[] = canaries;

/** The forms in which a secret could be seen. */
export function formsOf(secret: string): readonly string[] {
  const bytes = Buffer.from(secret);
  // Base64 of the secret wherever it starts within three bytes, without what its neighbours change.
  const shifted = [0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), bytes])
      .toString('base64')
      .slice(shift === 0 ? 0 : shift + 1)
      .replace(/=*$/, '')
      .slice(0, -1),
  );
  const hex = bytes.toString('hex');
  const plain = [secret, secret.toLowerCase(), encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)];
  return [...new Set([...plain, ...shifted, hex, hex.toUpperCase()])];
}
