import { type CommandText, wordSet } from './command-text.ts';

const ESCAPES = wordSet('nsenter insmod modprobe kexec pivot_root debugfs');
const RUNTIMES = wordSet('docker podman nerdctl ctr crictl runc buildah');
const NAMES: readonly string[] = [
  'release_agent',
  'notify_on_release',
  'core_pattern',
  'uevent_helper',
  '/proc/sysrq-trigger',
  '/proc/1/root',
  '/proc/1/ns',
  '/proc/1/cwd',
  '/sys/fs/cgroup/release',
  '--pid=host',
  '--pid host',
];
const DISK = /^\/dev\/(?:sd[a-z]|nvme\d|vd[a-z]|xvd[a-z]|disk\/|mapper\/|dm-\d|root\b)/;

/** A way from the container to its node: its namespaces, disks, kernel or container runtime. */
export function isEscape({ text, calls }: CommandText): boolean {
  if (NAMES.some((name) => text.includes(name))) return true;
  return calls.some(({ words, raw }) => {
    const program = words[0] ?? '';
    if (ESCAPES.has(program)) return program !== 'modprobe' || words.length > 1;
    if (program === 'chroot') return raw.some((word) => /^\/(?:host|mnt|node|rootfs|proc|hostfs|noderoot)/.test(word));
    if (['mount', 'fdisk', 'dd', 'fsck', 'mkfs'].includes(program))
      return (
        raw.some((word) => DISK.test(word.replace(/^(?:if|of)=/, ''))) ||
        (program === 'mount' && words.includes('cgroup'))
      );
    if (program === 'unshare') return words.some((word) => /^-[a-zA-Z]{0,6}[UrCm]/.test(word));
    return RUNTIMES.has(program) && words.some((word) => /^(?:run|exec|create|--privileged)$/.test(word));
  });
}

const MINERS = wordSet(
  'xmrig xmr-stak xmrig-cuda minerd cpuminer ccminer ethminer t-rex nbminer lolminer gminer phoenixminer srbminer srbminer-multi teamredminer ' +
    'cgminer bfgminer kdevtmpfsi kinsing c3pool nanominer monerod',
);
const POOLS =
  /stratum\+(?:tcp|ssl|udp)|--(?:donate-level|coin|algo|nicehash|randomx)\b|\b(?:minexmr|supportxmr|moneroocean|nanopool|hashvault|c3pool|2miners|f2pool|unmineable|xmrpool)\b/i;

/** Digs for coins. */
export const isMiner = ({ text, words }: CommandText): boolean => {
  if (POOLS.test(text)) return true;
  for (const word of words) if (MINERS.has(word.toLowerCase())) return true;
  return false;
};
