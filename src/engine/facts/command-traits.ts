import type { CommandTrait } from '../../model/index.ts';
import { namesMetadata } from './addresses.ts';
import { type CommandText, callsIn, readCommand } from './command-text.ts';

const setOf = (names: string): ReadonlySet<string> => new Set(names.split(' '));

const SHELLS = setOf(
  'sh bash dash ash zsh ksh mksh fish csh tcsh rbash busybox pwsh powershell powershell.exe cmd.exe',
);
const DOWNLOADERS = setOf(
  'curl wget wget2 aria2c axel lwp-download lynx ftp tftp sftp certutil iwr Invoke-WebRequest Start-BitsTransfer',
);
const TOOLS = setOf(
  'kubectl nsenter chroot crictl docker ctr nerdctl podman runc unshare mount pivot_root capsh etcdctl helm oc kubeletctl ' +
    'kube-hunter peirates cdk deepce amicontained linpeas.sh nmap masscan zmap tcpdump tshark strace gdb insmod modprobe chisel ' +
    'frpc ngrok proxychains hydra xmrig kexec debugfs release_agent core_pattern sshpass aws gcloud az gsutil',
);
const NETCATS = setOf('nc ncat netcat nc.traditional nc.openbsd');
const DUMPERS = setOf(
  'pg_dump pg_dumpall mysqldump mariadb-dump mongodump mongoexport redis-dump scp rsync rclone azcopy',
);

const TOKENS: readonly string[] = [
  'run/secret',
  'serviceaccount/token',
  'secrets/kubernetes.io',
  'secrets/eks.amazonaws.com',
  'secrets/azure/tokens',
  'kubernetes.io~projected',
  'kubernetes.io~secret',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_AUTHORIZATION_TOKEN',
  'AZURE_FEDERATED_TOKEN',
  'instance/service-accounts',
  'identity/oauth2/token',
];
const SENSITIVE: readonly string[] = [
  '/etc/shadow',
  '/etc/gshadow',
  '/etc/shad',
  '/etc/sudoers',
  '/etc/kubernetes/',
  '/etc/krb5.keytab',
  '/var/lib/kubelet',
  '/var/lib/etcd',
  '/var/lib/rancher',
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
  '.git-credentials',
  '.netrc',
  '.pgpass',
  '.vault-token',
  '_history',
];

/** What a command line does, in the order of the contract. Judged on every reading of it, wherever the words stand. */
export function traitsOf(argv: readonly string[]): readonly CommandTrait[] {
  const command = readCommand(argv);
  const traits: CommandTrait[] = [];
  if (hasAny(command, SHELLS)) traits.push('shell');
  if (isDownload(command)) traits.push('download');
  if (TOKENS.some((name) => command.text.includes(name))) traits.push('token');
  if (namesMetadata(command.text)) traits.push('metadata');
  if (isReverseShell(command)) traits.push('reverse-shell');
  if (SENSITIVE.some((name) => command.text.includes(name)) || readsEnvironment(command)) traits.push('sensitive-file');
  if (isCopyOut(command)) traits.push('copy-out');
  if (hasAny(command, TOOLS)) traits.push('tool');
  return traits;
}

const hasAny = ({ words }: CommandText, names: ReadonlySet<string>): boolean => {
  for (const name of names) if (words.has(name)) return true;
  return false;
};

const LOCAL = /^(?:https?:\/\/)?(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[::1\])(?:[:/?]|$)/;
const FETCHES_IN_CODE = [
  'urllib.request',
  'urllib2',
  'urlretrieve',
  'requests.get(',
  'LWP::Simple',
  'Net.WebClient',
  'file_get_contents(http',
];

function isDownload(command: CommandText): boolean {
  const { text, words } = command;
  if (FETCHES_IN_CODE.some((name) => text.includes(name))) return true;
  if (!hasAny(command, DOWNLOADERS)) return false;
  // A probe of the container's own port is no download; anything else that could be a host or a file makes it one.
  const places = [...words].filter((word) => /[.:]/.test(word) && !isOwnPath(word));
  const isProbe = [...words].some((word) => LOCAL.test(word)) && !words.has('-o') && !words.has('-O');
  return !(isProbe && places.every((word) => LOCAL.test(word) || isRestOfLocal(word, words)));
}

/** Words of a reading keep a path's last name apart; it is no place of its own. */
const isRestOfLocal = (word: string, words: ReadonlySet<string>): boolean =>
  [...words].some((other) => LOCAL.test(other) && other.endsWith(`/${word}`));

const isOwnPath = (word: string): boolean => /^\/dev\/(?:null|stdout|stderr)$/.test(word);

/** Netcat that starts a program, or whose output a shell reads. */
function netcatRuns(text: string): boolean {
  const calls = callsIn(text);
  return calls.some((call, i) => {
    const start = call.words.findIndex((word) => NETCATS.has(word));
    if (start < 0) return false;
    const options = call.words.slice(start + 1);
    const shell = options.indexOf('-c') + 1;
    return (
      options.some((word) => /^-[a-z]{0,6}e$/.test(word) || word === '--exec' || word === '--sh-exec') ||
      (shell > 0 && SHELLS.has(options[shell] ?? '')) ||
      (call.isPiped && SHELLS.has(calls[i + 1]?.words[0] ?? ''))
    );
  });
}
const INTERACTIVE = /\b(?:ba|da|z|k)?sh\s{1,8}-[a-z]{0,4}i/;
/** Input and output on one descriptor; 2>&1 alone is everyday work. */
const SHARED_STREAMS = /0>&1|0<&|<&\s?\d|>&\s?\/dev/;

function isReverseShell(command: CommandText): boolean {
  const { text, words } = command;
  if (/\/dev\/(?:tcp|udp)\/|\/inet\/(?:tcp|udp)\//.test(text)) return true;
  const hasNetcat = hasAny(command, NETCATS);
  const isPiped = words.has('mkfifo') || words.has('mknod');
  if (isPiped && (hasNetcat || ['telnet', 'openssl', 'socat'].some((name) => words.has(name)))) return true;
  if (hasNetcat && netcatRuns(text)) return true;
  if (words.has('socat') && /\b(?:exec|system):/i.test(text)) return true;
  if (INTERACTIVE.test(text) && SHARED_STREAMS.test(text)) return true;
  if (text.includes('pty.spawn')) return true;
  const opensSocket = [
    'socket.socket',
    'fsockopen',
    'TCPSocket',
    'TCPClient',
    'net.Socket',
    'net.connect',
    'use Socket',
    'IO::Socket',
  ].some((name) => text.includes(name));
  return (
    opensSocket &&
    ['dup2', 'subprocess', 'exec', 'system(', 'child_process', 'os.popen', 'iex', 'spawn'].some((name) =>
      text.includes(name),
    )
  );
}

/** Another process's environment, by number or by pattern. */
const readsEnvironment = ({ text }: CommandText): boolean => /\/proc\/[^/\s]{1,64}\/environ/.test(text);

/** Told by the bundle of letters after tar, or by an option anywhere behind it. */
const tarCreates = (text: string): boolean =>
  callsIn(text).some(({ words }) => {
    const start = words.indexOf('tar');
    if (start < 0) return false;
    const [bundle = '', ...options] = words.slice(start + 1);
    return (
      /^-?[a-zA-Z]{0,8}c[a-zA-Z]{0,8}$/.test(bundle) ||
      [bundle, ...options].some((word) => /^-[a-zA-Z]{0,6}c[a-zA-Z]{0,6}$/.test(word) || word === '--create')
    );
  });
const UPLOADS =
  /\s(?:(?:-T|--upload-file|--post-file|--body-file)[\s=]|(?:-d|-F|--form|--data|--data-binary|--data-raw)[\s=](?:\S{0,64}=)?@)/;

function isCopyOut(command: CommandText): boolean {
  const { text, words } = command;
  if (hasAny(command, DUMPERS)) return true;
  if (words.has('kubectl') && words.has('cp')) return true;
  if (words.has('tar') && tarCreates(text)) return true;
  if (words.has('cpio') && (words.has('-o') || words.has('-ov'))) return true;
  return UPLOADS.test(text) && (words.has('curl') || words.has('wget'));
}
