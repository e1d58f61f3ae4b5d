/** What Kubernetes makes suffixes from: no vowels, nothing that looks like another. */
const SUFFIX = /^[bcdfghjklmnpqrstvwxz2456789]{5}$/;
/** A pod template's hash, of new and old clusters, and other hexadecimal ids. */
const HASH =
  /^(?=[a-f]{0,15}\d)[0-9a-f]{4,64}$|^(?=[bcdf]{0,9}[4-9])[4-9bcdf]{4,10}$|^[bcdfghjklmnpqrstvwxz2456789]{8,10}$/;
/** An ordinal, an index, the time of a cron job. */
const NUMBER = /^\d{1,20}$/;
/** Made of letters and digits, and no word: an id that some runner chose. */
const ID = /^(?=[a-z]{0,40}\d)(?=\d{0,40}[a-z])(?:[bcdfghjklmnpqrstvwxz\d]{6,40}|[a-z\d]{16,64})$/;
/** As `ID`, but so short that it only counts behind a hash. */
const SHORT = /^[a-z\d]{3,8}$/;

/**
 * The name of the workload that a pod's name speaks of: "cart-7b58646b7b-2fszk" → "cart", "db-0" → "db". Ends that look generated are left
 * out, never the first part.
 */
export function workloadOf(podName: string): string {
  const parts = podName.slice(0, 253).split('-');
  while (parts.length > 1) {
    const last = parts.at(-1)!;
    const isGenerated = SUFFIX.test(last) || HASH.test(last) || NUMBER.test(last) || ID.test(last);
    if (!isGenerated && !(parts.length > 2 && SHORT.test(last) && HASH.test(parts.at(-2)!))) break;
    parts.pop();
  }
  return parts.join('-');
}

/** The names of what may have made the pod, nearest first: a set's or job's, then a deployment's. */
export function makersOf(podName: string): readonly string[] {
  const [, set = '', suffix = ''] = /^(.{1,252})-([^-]{1,20})$/.exec(podName) ?? [];
  if (!SUFFIX.test(suffix) && !NUMBER.test(suffix)) return [];
  const [, deployment, hash = ''] = /^(.{1,252})-([^-]{1,20})$/.exec(set) ?? [];
  const isTwice = deployment !== undefined && SUFFIX.test(suffix) && (HASH.test(hash) || NUMBER.test(hash));
  return isTwice ? [set, deployment] : [set];
}
