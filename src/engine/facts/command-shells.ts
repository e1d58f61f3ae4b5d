import { type CommandText, SHELLS, wordSet } from './command-text.ts';

const NETCATS = wordSet('nc ncat netcat nc.traditional nc.openbsd cryptcat sbd rcat rustcat pwncat websocat dbd');
/** Programs whose only use is a way back in. */
const WAYS_BACK = wordSet('gs-netcat gsocket tmate sshx ttyd wstunnel meterpreter msfvenom msfconsole sliver');

/** Netcat that starts a program, or one of whose ends is a shell. */
function netcatRuns({ calls }: CommandText): boolean {
  return calls.some((call, i) => {
    const start = call.words.findIndex((word) => NETCATS.has(word));
    if (start < 0) return false;
    const options = call.words.slice(start + 1);
    const shell = options.indexOf('-c') + 1;
    const before = calls[i - 1];
    return (
      options.some((word) => /^-[a-z]{0,6}e$/.test(word) || word === '--exec' || word === '--sh-exec') ||
      (shell > 0 && SHELLS.has(options[shell] ?? '')) ||
      (call.isPiped && SHELLS.has(calls[i + 1]?.words[0] ?? '')) ||
      (before?.isPiped === true &&
        before.words.length <= 3 &&
        SHELLS.has(before.words[0] ?? '') &&
        !before.words.includes('-c'))
    );
  });
}

const INTERACTIVE = /\b(?:ba|da|z|k)?sh\s{1,8}-[a-z]{0,4}i/;
/** Input and output on one descriptor; 2>&1 alone is everyday work. */
const SHARED_STREAMS = /0>&1|0<&|<&\s?\d|>&\s?\/dev/;
const SOCKETS = [
  'socket.socket',
  'socket.create_connection',
  'fsockopen',
  'stream_socket_client',
  'TCPSocket',
  'TCPClient',
  'net.Socket',
  'net.connect',
  'net.Dial',
  'java.net.Socket',
  'use Socket',
  'IO::Socket',
  'socket.tcp',
  'require("socket")',
  "require('socket')",
  'gen_tcp',
];
const STARTS = [
  'dup2',
  'subprocess',
  'exec',
  'system(',
  'child_process',
  'os.popen',
  'io.popen',
  'iex',
  'spawn',
  'Runtime.getRuntime',
  'ProcessBuilder',
  'proc_open',
  'passthru(',
  'os:cmd',
];

/** A shell, or a program, handed to a connection that goes out. */
export function isReverseShell(command: CommandText): boolean {
  const { text, words, calls } = command;
  if (/\/dev\/(?:tcp|udp)\/|\/inet6?\/(?:tcp|udp)\/|\bztcp\b|\bzsh\/net\/tcp\b/.test(text)) return true;
  const hasNetcat = calls.some((call) => call.words.some((word) => NETCATS.has(word)));
  const isPiped = words.has('mkfifo') || words.has('mknod');
  if (isPiped && (hasNetcat || ['telnet', 'openssl', 'socat', 'curl'].some((name) => words.has(name)))) return true;
  if (hasNetcat && netcatRuns(command)) return true;
  if (words.has('socat') && /\b(?:exec|system|pty|shell):?/i.test(text) && /\b(?:exec|system|shell):/i.test(text))
    return true;
  if (
    calls.some((call) => call.words[0] === 'telnet' && call.isPiped) &&
    calls.some(({ words: [first = ''] }) => SHELLS.has(first))
  )
    return true;
  if (INTERACTIVE.test(text) && SHARED_STREAMS.test(text)) return true;
  if (text.includes('pty.spawn') || text.includes('curl telnet://')) return true;
  if (calls.some((call) => WAYS_BACK.has(call.words[0] ?? ''))) return true;
  if (calls.some((call) => call.words[0] === 'ssh' && call.words.some((word) => /^-[a-zA-Z]{0,6}R/.test(word))))
    return true;
  return SOCKETS.some((name) => text.includes(name)) && STARTS.some((name) => text.includes(name));
}
