import { REDACTED } from './secret-names.ts';

/** Credentials that are told by their own form, each with the text that it starts with. */
const FORMS: readonly (readonly [start: string, form: RegExp])[] = [
  // A web token, else base64 of JSON.
  ['eyJ', /eyJ[\w-]{8,}(?:(?:\.[\w-]*){1,4}|[\w+/-]*={0,2})/g],
  ['AKIA', /AKIA[A-Z0-9]{16,}/g],
  ['ASIA', /ASIA[A-Z0-9]{16,}/g],
  ['gh', /gh[pousr]_[A-Za-z0-9]{20,}/g],
  ['github_pat_', /github_pat_\w{20,}/g],
  ['xox', /xox[abeprs]-[\w-]{10,}/g],
  ['xapp-', /xapp-[\w-]{20,}/g],
  ['hooks.slack.com', /(?<=hooks\.slack\.com\/(?:services|workflows|triggers)\/)[\w/-]{16,}/g],
  ['gl', /gl(?:pat|oas|dt|rt|cbt|ptt|ft|imt|agent|soat)-[\w-]{16,}/g],
  ['AIza', /AIza[\w-]{30,}/g],
  ['sk-', /sk-[\w-]{20,}/g],
  ['hvs.', /hv[sbr]\.[\w-]{20,}/g],
  ['hvb.', /hv[sbr]\.[\w-]{20,}/g],
  ['ya29', /ya29\.[\w-]{20,}/g],
  ['GOCSPX-', /GOCSPX-[\w-]{20,}/g],
  ['npm_', /npm_[A-Za-z0-9]{30,}/g],
  ['pypi-', /pypi-[\w-]{32,}/g],
  ['_v1_', /do[opr]_v1_[a-f0-9]{40,}/g],
  ['dckr_', /dckr_[po]at_[\w-]{20,}/g],
  ['k_live_', /[srp]k_live_[A-Za-z0-9]{16,}/g],
  ['k_test_', /[srp]k_test_[A-Za-z0-9]{16,}/g],
  ['whsec_', /whsec_[A-Za-z0-9+/=]{16,}/g],
  ['SG.', /SG\.[\w-]{16,}\.[\w-]{16,}/g],
  ['glsa_', /glsa_\w{32,}/g],
  ['glc_', /glc_[A-Za-z0-9+/=]{32,}/g],
  ['shpat_', /shpat_[a-fA-F0-9]{32,}/g],
  ['dapi', /dapi[a-f0-9]{32}/g],
  ['8Q~', /[\w~.-]{3}8Q~[\w~.-]{31,37}/g],
  ['AGE-SECRET-KEY-', /AGE-SECRET-KEY-1[A-Z0-9]{20,}/g],
  ['hf_', /hf_[A-Za-z]{30,}/g],
  ['ATATT3', /ATATT3[\w=-]{20,}/g],
  ['PuTTY-User-Key', /PuTTY-User-Key-File[^]*/g],
];
/** Four letters of each start, the rarest: a text with none of them holds no form. */
export const STARTS: readonly string[] =
  `eyJ AKIA ASIA ghp_ gho_ ghu_ ghs_ ghr_ hub_ xoxa xoxb xoxe xoxp xoxr xoxs xapp s.sl glpa gloa
  gldt glrt glcb glpt glft glim glag glso AIza sk- hvs. hvb. hvr. ya29 GOCS npm_ pypi op_v oo_v or_v r_pa r_oa k_li k_te whse SG.
  glsa glc_ shpa dapi 8Q~ E-SE hf_ ATAT PuTT PRIV`.split(/\s+/);
const BOOTSTRAP = /(?<![\w.])([a-z0-9]{6}\.)(?!1[4-9a-f][0-9a-f]{14}(?!\w))([a-z0-9]{16})(?![\w-]|\.\w)/g;

/** The text without credentials that are told by their own form, but for bootstrap tokens; one of STARTS may be in it. */
export function withoutForms(text: string): string {
  let clean = text.includes('PRIVATE') ? withoutPem(text) : text;
  for (const [start, form] of FORMS) if (clean.includes(start)) clean = clean.replace(form, REDACTED);
  return clean;
}

/** The text without tokens by which nodes join a cluster. */
export const withoutBootstrap = (text: string): string => text.replace(BOOTSTRAP, hideBootstrap);

/** Names of Events look alike (a name, a dot, the hexadecimal time), and words do: a token has digits. */
const hideBootstrap = (all: string, id: string, secret: string): string => (/\d/.test(id + secret) ? REDACTED : all);

/** Whether sixteen small letters or digits stand behind a dot. */
export function mayHoldBootstrap(text: string): boolean {
  for (let dot = text.indexOf('.', 6); dot >= 0 && dot + 16 < text.length; dot = text.indexOf('.', dot + 1)) {
    let at = dot + 1;
    while (at <= dot + 16 && isSmall(text.charCodeAt(at))) at += 1;
    if (at > dot + 16) return true;
  }
  return false;
}

const isSmall = (code: number): boolean => (code >= 97 && code <= 122) || (code >= 48 && code <= 57);

/** Private keys go with all that stands before their foot; without a foot, with all the rest. */
function withoutPem(text: string): string {
  let clean = '';
  let from = 0;
  for (const start of text.matchAll(/-----BEGIN[ A-Z0-9]{0,40}PRIVATE KEY/g)) {
    if (start.index < from) continue;
    const foot = text.indexOf('-----END', start.index);
    const end = foot < 0 ? text.length : text.indexOf('-----', foot + 8);
    clean += text.slice(from, start.index) + REDACTED;
    from = end < 0 ? text.length : foot < 0 ? end : end + 5;
  }
  return clean + text.slice(from);
}
