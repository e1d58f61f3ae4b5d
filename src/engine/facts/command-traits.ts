import type { CommandTrait } from '../../model/index.ts';
import { namesMetadata } from './addresses.ts';
import { isEscape, isMiner } from './command-escapes.ts';
import { coversUp, leavesFoothold, namesSensitive, namesToken } from './command-files.ts';
import { isReverseShell } from './command-shells.ts';
import { type CommandText, readCommand, SHELLS, wordSet } from './command-text.ts';
import { isCopyOut, isDownload, isFetchAndRun } from './command-transfers.ts';

const TOOLS = wordSet(
  'kubectl nsenter chroot crictl docker ctr nerdctl podman runc unshare mount pivot_root capsh etcdctl helm oc kubeletctl ' +
    'kube-hunter kubiscan peirates cdk deepce amicontained botb linpeas.sh linpeas pspy pspy64 nmap rustscan masscan zmap tcpdump tshark ' +
    'strace gdb insmod modprobe chisel ligolo frpc ngrok cloudflared proxychains hydra john hashcat xmrig kexec debugfs ' +
    'release_agent core_pattern sshpass aws gcloud az gsutil mimipenguin laZagne trufflehog truffleHog gitleaks responder ' +
    'crackmapexec evil-winrm metasploit msfconsole msfvenom sqlmap nikto gobuster ffuf',
);

/** How each is told, in the order of the contract. */
const TESTS: readonly (readonly [CommandTrait, (command: CommandText) => boolean])[] = [
  ['shell', ({ words }) => hasAny(words, SHELLS)],
  ['download', isDownload],
  ['fetch-and-run', isFetchAndRun],
  ['token', namesToken],
  ['metadata', ({ text }) => namesMetadata(text)],
  ['reverse-shell', isReverseShell],
  ['sensitive-file', namesSensitive],
  ['copy-out', isCopyOut],
  ['escape', isEscape],
  ['miner', isMiner],
  ['cover-up', coversUp],
  ['foothold', leavesFoothold],
  ['disguised', isDisguised],
  ['tool', ({ words }) => hasAny(words, TOOLS)],
];

/** What a command line does, in the order of the contract. Judged on every reading of it, wherever the words stand. */
export function traitsOf(argv: readonly string[]): readonly CommandTrait[] {
  const command = readCommand(argv);
  return TESTS.filter(([, holds]) => holds(command)).map(([trait]) => trait);
}

function hasAny(words: ReadonlySet<string>, names: ReadonlySet<string>): boolean {
  for (const name of names) if (words.has(name)) return true;
  return false;
}

const DECODES =
  /\bbase(?:64|32)\s{1,4}(?:-d|-D|--decode)|\bopenssl\s{1,4}(?:enc|base64)\b[^\n]{0,80}\s-d|\bxxd\s{1,4}-[a-z\s-]{0,6}r|\brev\b|\bgunzip\b|\bzcat\b|n-za-m/i;
const INTO_SHELL =
  /\|\s{0,4}(?:sudo\s{1,4})?(?:\/\S{0,40}\/)?(?:ba|da|z|k|a)?sh\b(?!\w)|\beval\b|\b(?:ba|z|k|da)?sh\s{1,4}-c\s{1,4}["'\\]{0,3}\s?(?:\$\(|`)|\|\s{0,4}(?:python[23]?|perl|ruby|php|node)\b(?!\s{1,4}-m)/;
const IN_CODE =
  /\b(?:exec|eval|system|popen)\b[^\n]{0,200}(?:b64decode|decode64|decode_base64|base64_decode|fromhex|unhexlify|rot_?13|zlib|marshal|pack\(|fromCharCode|FromBase64String)|-e(?:nc|c|ncodedcommand)\s{1,4}[A-Za-z0-9+/=]{20}/i;
/** Programs spelled with wildcards, escapes or empty quotes, words glued together by variables. */
const GARBLED: readonly RegExp[] = [
  /(?:^|[\s;|&"'(])\/(?:[a-z?]{0,8}\?[a-z?]{0,8}|\?{1,8})\/[\w?*/]{1,40}/,
  /(?:\\x[2-7][0-9A-Fa-f]){2}|\$'[^'\n]{0,100}\\(?:x[2-7]|0?[01][0-7]{2}|u00)/,
  /\w\$\{?IFS|\w\$@\w|(?:\w(?:''|"")){2,}\w/,
  /(?:^|[\s;|&(])[a-z](?:\\[a-z]){2,}/,
];

/** Hides from a reader what it runs. */
function isDisguised({ text }: CommandText): boolean {
  return (DECODES.test(text) && INTO_SHELL.test(text)) || IN_CODE.test(text) || GARBLED.some((form) => form.test(text));
}
