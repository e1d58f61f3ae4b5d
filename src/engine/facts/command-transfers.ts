import { type Call, type CommandText, SHELLS, wordSet } from './command-text.ts';

const DOWNLOADERS = wordSet(
  'curl wget wget2 aria2c axel lwp-download lwp-request GET lynx links elinks ftp lftp tftp sftp certutil bitsadmin iwr irm http https xh ' +
    'Invoke-WebRequest Invoke-RestMethod Start-BitsTransfer fetch',
);
const FETCHES_IN_CODE = [
  'urllib.request',
  'urllib2',
  'urlretrieve',
  'urlopen(',
  'requests.get(',
  'LWP::Simple',
  'HTTP::Tiny',
  'Net.WebClient',
  'DownloadString',
  'DownloadFile',
  'file_get_contents(http',
  'open-uri',
  'Net::HTTP',
];
const DUMPERS = wordSet(
  'pg_dump pg_dumpall pg_basebackup mysqldump mysqlpump mariadb-dump mongodump mongoexport redis-dump scp rsync rclone azcopy s3cmd',
);

/** The pod itself, and others of its cluster or private network: asking these for something is everyday work. */
const NEAR =
  /^(?:[a-z][a-z\d+.-]{0,20}:\/\/)?(?:[^/@\s]{0,200}@)?(?:localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|0\.0\.0\.0|\[::1\]|10\.\d{1,3}\.\d{1,3}\.\d{1,3}|192\.168\.\d{1,3}\.\d{1,3}|172\.(?:1[6-9]|2\d|3[01])\.\d{1,3}\.\d{1,3}|(?=[\d_-]{0,62}[a-z])[\w-]{1,63}|[\w.-]{1,200}\.svc(?:\.[\w.-]{1,60})?|[\w.-]{1,200}\.(?:local|internal))(?:[/?#]|:(?!\/\/)|$)/i;
const SAVES = /^(?:-[a-zA-Z]{0,8}[oO]|--output\b|--output-document\b|--remote-name\b)/;
const DISCARDS = /^\/dev\/(?:null|stdout|stderr)$|^-$/;

/** Whether it fetches something from elsewhere, or fetches a file to keep. */
export function isDownload({ text, calls }: CommandText): boolean {
  if (FETCHES_IN_CODE.some((name) => text.includes(name))) return true;
  return calls.some((call) => {
    const head = DOWNLOADERS.has(call.words[0] ?? '');
    if (!head && !call.words.some((word) => DOWNLOADERS.has(word))) return false;
    const places = call.raw.filter((word) => isPlace(word, head));
    if (places.some((word) => !NEAR.test(word))) return true;
    return head && places.length > 0 && keeps(call);
  });
}

/** A downloader's argument that may be a host; of other programs only what says so by its scheme. */
const isPlace = (word: string, isArgument: boolean): boolean =>
  /^(?:https?|ftps?|tftp|sftp):\/\/./i.test(word) ||
  (isArgument &&
    /^[\w[][\w.:[\]-]{0,253}\.[\w-]{2,63}(?:[:/?]|$)|^\d{1,3}(?:\.\d{1,3}){3}(?:[:/]|$)|^localhost(?:[:/]|$)/.test(
      word,
    ));

/** A file of its own, not the terminal. wget keeps one unless it is told otherwise. */
function keeps({ words, raw }: Call): boolean {
  const at = raw.findIndex((word) => SAVES.test(word));
  if (at < 0) return words[0] === 'wget';
  const [option = '', next = ''] = raw.slice(at, at + 2);
  const target = option.includes('=') ? option.slice(option.indexOf('=') + 1) : next;
  return !DISCARDS.test(option.endsWith('O-') ? '-' : target);
}

const INTERPRETERS = wordSet('python python2 python3 perl ruby php node pwsh powershell iex');
const RUNS = (word: string): boolean => SHELLS.has(word) || INTERPRETERS.has(word);

/** Hands what it fetches to a shell, or makes it a program. */
export function isFetchAndRun(command: CommandText): boolean {
  if (!isDownload(command)) return false;
  const { text, calls } = command;
  const fetches = calls.map(({ words }) => words.some((word) => DOWNLOADERS.has(word)));
  if (calls.some((call, i) => call.isPiped && fetches[i] && followsTo(calls, i))) return true;
  if (/\b(?:sh|bash|eval|source|\.)\s[^\n]{0,40}[<$`(]{1,2}\s{0,2}(?:curl|wget)\b/.test(text)) return true;
  if (/\b(?:IEX|Invoke-Expression)\b/i.test(text) || /\b(?:exec|eval)\s?\(/.test(text)) return true;
  const first = fetches.indexOf(true);
  const later = first < 0 ? [] : calls.slice(first + 1);
  return later.some(
    ({ words, raw }) =>
      (words[0] === 'chmod' && words.some((word) => /^[ugoa]{0,3}\+[rws]{0,2}x|^0?[157][0-7]{2}$/.test(word))) ||
      /^(?:\.\/|\/tmp\/|\/dev\/shm\/|\/var\/tmp\/)\S/.test(raw[0] ?? ''),
  );
}

/** Down the pipe to a shell. */
function followsTo(calls: readonly Call[], from: number): boolean {
  for (let i = from; calls[i]?.isPiped && i < from + 8; i += 1) if (RUNS(calls[i + 1]?.words[0] ?? '')) return true;
  return false;
}

/** Told by the bundle of letters after tar, or by an option anywhere behind it. */
const tarCreates = (calls: readonly Call[]): boolean =>
  calls.some(({ words }) => {
    const start = words.indexOf('tar');
    if (start < 0) return false;
    const [bundle = '', ...options] = words.slice(start + 1);
    return (
      /^-?[a-zA-Z]{0,8}c[a-zA-Z]{0,8}$/.test(bundle) ||
      [bundle, ...options].some((word) => /^-[a-zA-Z]{0,6}c[a-zA-Z]{0,6}$/.test(word) || word === '--create')
    );
  });
const UPLOADS =
  /\s(?:(?:-T|--upload-file|--post-file|--body-file)[\s=]|(?:-d|-F|--form|--data|--data-binary|--data-raw)[\s=](?:\S{0,64}=)?["']?@)/;
const TO_CLOUD = wordSet('aws gsutil gcloud az mc s3cmd');

/** Takes files or a database out: to the terminal, or to somewhere else. */
export function isCopyOut({ text, words, calls }: CommandText): boolean {
  if (calls.some((call) => call.words.some((word) => DUMPERS.has(word)))) return true;
  if (words.has('kubectl') && words.has('cp')) return true;
  if (words.has('tar') && tarCreates(calls)) return true;
  if (words.has('cpio') && (words.has('-o') || words.has('-ov'))) return true;
  if (words.has('zip') && calls.some((call) => call.words[0] === 'zip' && call.words.includes('-'))) return true;
  if (
    calls.some(
      (call) => TO_CLOUD.has(call.words[0] ?? '') && call.words.some((word) => /^(?:cp|sync|mv|mirror)$/.test(word)),
    )
  )
    return true;
  return UPLOADS.test(text) && (words.has('curl') || words.has('wget'));
}
