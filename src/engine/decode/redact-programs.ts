import { VALUE } from './redact-value.ts';

/** Programs whose short options carry a password, each with the option. */
export const PROGRAMS: readonly (readonly [program: RegExp, option: RegExp])[] = [
  [/\b(?:mysql|mariadb)/i, new RegExp(String.raw`(\s-p)(?![\s-])${VALUE}`, 'g')],
  [
    /\b(?:sshpass|mongo|docker|podman|helm|nerdctl|crane|skopeo|rabbitmqadmin)/i,
    new RegExp(String.raw`(\s-p\s{0,2})(?![\s-])${VALUE}`, 'g'),
  ],
  [/\bredis/i, new RegExp(String.raw`(\s-a\s{0,2})(?![\s-])${VALUE}`, 'g')],
  [/\bldap/i, new RegExp(String.raw`(\s-w\s{0,2})(?![\s-])${VALUE}`, 'g')],
  // Their dummies stand for the quotes of VALUE.
  [/\b(?:curl|wget|etcdctl)/i, /(\s(?:-u|--user|--proxy-user)[\s=]{0,2}["']?[^\s:"']{0,128}:)()()()()()[^\s"']+/g],
  [/\bcurl/i, /(\s(?:-b|--cookie)[\s=]{0,2}["']?[\w.-]{1,128}=)()()()()()[^"'\r\n]+/g],
  [/\bsmbclient/i, /(\s-U[\s=]{0,2}["']?[^\s%"']{0,128}%)()()()()()[^\s"']+/g],
  [/\bchpasswd/i, /(\becho\s{1,4}(?:-\w{1,4}\s{1,4})?["']?[\w.-]{1,64}:)()()()()()[^"'|\r\n]+/g],
  // With -n without a file before the user.
  [
    /\bhtpasswd/i,
    new RegExp(String.raw`(\s-(?=[A-Za-z]{0,6}b)(?=[A-Za-z]{0,6}n)[A-Za-z]{2,7}\s{1,4}\S{1,256}\s{1,4})${VALUE}`, 'g'),
  ],
  [
    /\bhtpasswd/i,
    new RegExp(
      String.raw`(\s-(?=[A-Za-z]{0,6}b)[A-Zac-mo-zb]{1,7}\s{1,4}\S{1,256}\s{1,4}\S{1,256}\s{1,4})${VALUE}`,
      'g',
    ),
  ],
  [/\bvault/i, new RegExp(String.raw`(\slogin\s{1,4})(?!-)(?![\w-]{1,64}=)${VALUE}`, 'g')],
];

/** A text with none of these runs none of the programs. */
export const TOOLS: readonly string[] =
  'mysq mari mong sshp dock podm helm nerd cran skop rabb redi ldap curl wget etcd smbc chpa htpa vaul'.split(' ');
