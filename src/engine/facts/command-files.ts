import { type CommandText, wordSet } from './command-text.ts';
import { matchesGlob } from './glob.ts';

const TOKENS: readonly string[] = [
  'run/secret',
  'serviceaccount/token',
  'secrets/kubernetes.io',
  'secrets/eks.amazonaws.com',
  'secrets/pods.eks.amazonaws.com',
  'secrets/azure/tokens',
  'secrets/tokens/gcp-ksa',
  'secrets/workload-spiffe',
  'kubernetes.io~projected',
  'kubernetes.io~secret',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AZURE_FEDERATED_TOKEN',
  'instance/service-accounts',
  'identity/oauth2/token',
  'kubectl create token',
];
const SENSITIVE: readonly string[] = [
  '/etc/shadow',
  '/etc/gshadow',
  '/etc/shad',
  '/etc/sudoers',
  '/etc/kubernetes/',
  '/etc/krb5.keytab',
  '/etc/ssl/private',
  '/etc/rancher/',
  '/etc/origin/master',
  '/var/lib/kubelet',
  '/var/lib/etcd',
  '/var/lib/rancher',
  '/proc/kcore',
  '/dev/mem',
  'docker.sock',
  'containerd.sock',
  'crio.sock',
  '.ssh/',
  'id_rsa',
  'id_ecdsa',
  'id_ed25519',
  'authorized_keys',
  'ssh_host_',
  '.kube/',
  'kubeconfig',
  '.aws/',
  '.azure/',
  '.config/gcloud',
  'application_default_credentials',
  '.docker/config.json',
  '.dockerconfigjson',
  '.git-credentials',
  '.netrc',
  '.pgpass',
  '.my.cnf',
  '.npmrc',
  '.pypirc',
  '.vault-token',
  '_history',
];
/** Paths that a pattern may stand for. */
const TOKEN_PATHS: readonly string[] = [
  '/var/run/secrets/kubernetes.io/serviceaccount/token',
  '/run/secrets/kubernetes.io/serviceaccount/token',
];
const SENSITIVE_PATHS: readonly string[] = ['/etc/shadow', '/etc/gshadow', '/root/.ssh/id_rsa', '/root/.kube/config'];

/** The token that a cloud or cluster gave the pod, by path, variable or pattern. */
export const namesToken = (command: CommandText): boolean =>
  TOKENS.some((name) => command.text.includes(name)) || TOKEN_PATHS.some((path) => isMeant(path, command));

/** Files with credentials, keys or sockets, and the environment of another process. */
export const namesSensitive = (command: CommandText): boolean =>
  SENSITIVE.some((name) => command.text.includes(name)) ||
  /\/proc\/[^/\s]{1,64}\/(?:environ|mem)\b/.test(command.text) ||
  SENSITIVE_PATHS.some((path) => isMeant(path, command));

/** A pattern that says nearly nothing means nothing: "/etc/*" is everyday work. */
const isMeant = (path: string, { words }: CommandText): boolean => {
  let looked = 0;
  for (const word of words) {
    if (!word.startsWith('/') || !/[*?]/.test(word)) continue;
    looked += 1;
    if (looked > 64) return false;
    const last = word.slice(word.lastIndexOf('/') + 1);
    if (/[a-z]{2}/.test(last) && matchesGlob(word, path)) return true;
  }
  return false;
};

const LOGS = wordSet('rm shred truncate unlink wipe srm');

/** The history of a shell, or the logs of a machine, made to go. */
export function coversUp({ text, calls }: CommandText): boolean {
  if (
    /\b(?:unset|export)\s{1,4}HIST|\bHIST(?:SIZE|FILESIZE)=0\b|\bHISTFILE=(?:\/dev\/null|["']{0,2}(?:\s|$))|\bset \+o history\b/.test(
      text,
    )
  )
    return true;
  if (
    /\bhistory\s{1,4}-[a-z]{0,3}c|>\s{0,4}\S{0,64}_history\b|\bln\s[^;|&\n]{0,40}\/dev\/null\s[^;|&\n]{0,64}_history\b/.test(
      text,
    )
  )
    return true;
  if (/>\s{0,4}\/var\/log\/|journalctl\s[^;|&\n]{0,40}--vacuum|\bauditctl\s{1,4}-[eD]/.test(text)) return true;
  return calls.some(
    ({ words, raw }) =>
      LOGS.has(words[0] ?? '') &&
      raw.some((word) =>
        /_history$|^\/var\/log\/(?:wtmp|btmp|lastlog|auth|secure|audit|syslog|messages|\*)/.test(word),
      ),
  );
}

/** Ways to be run again later, or to log in. */
export function leavesFoothold({ text, calls }: CommandText): boolean {
  if (
    />{1,2}\s{0,4}\S{0,100}(?:authorized_keys|\/etc\/(?:cron|ld\.so\.preload|rc\.local|passwd|profile|sudoers|systemd)|\.bashrc|\.profile)/.test(
      text,
    )
  )
    return true;
  if (/>{1,2}\s{0,4}\S{0,100}\/var\/spool\/cron|\btee\s[^;|&\n]{0,100}(?:authorized_keys|\/etc\/cron)/.test(text))
    return true;
  return calls.some(
    ({ words }) =>
      (words[0] === 'crontab' && !words.includes('-l')) ||
      ['useradd', 'adduser', 'chpasswd', 'ssh-copy-id'].includes(words[0] ?? '') ||
      (words[0] === 'systemctl' && words.includes('enable')) ||
      (words[0] === 'chmod' && words.some((word) => /^(?:[ug]\+s|[246]7\d\d)$/.test(word))),
  );
}
