import { z } from 'zod';
import { duration, secret } from '../model/index.ts';

/** The settings of the Elasticsearch sink. */
export const settings = z.object({
  nodes: z
    .array(z.string().refine(isNode, 'must be an http or https URL without credentials, query or fragment'))
    .min(1)
    .describe(
      'Addresses of the cluster, e.g. https://es.example:9200; the next one is tried where one does not answer.',
    ),
  auth: z
    .strictObject({
      username: z.string().min(1).optional().describe('User name, with password.'),
      password: secret().optional().describe('Password: plain text, { env: NAME } or { file: PATH }.'),
      apiKey: secret().optional().describe('API key in its encoded form, instead of user name and password.'),
    })
    .refine(
      ({ username, password, apiKey }) =>
        (username !== undefined) === (password !== undefined) && (username !== undefined) !== (apiKey !== undefined),
      'must have either username and password, or apiKey',
    )
    .optional()
    .describe('Credentials. None where absent.'),
  ca: z
    .string()
    .optional()
    .describe(
      'File with the authority (PEM) that signed the certificates of the nodes. Default: the authorities that Node knows.',
    ),
  indexPrefix: z
    .string()
    .regex(
      /^[a-z][a-z0-9_.-]{0,99}$/,
      'must start with a lower-case letter and have lower-case letters, digits, _ . and - only',
    )
    .default('lapwing-alerts')
    .describe('Name of the alias and the index template, and the beginning of the names of the monthly indices.'),
  manageTemplate: z
    .boolean()
    .default(true)
    .describe('False where somebody else installs the index template; the credentials then need no right to.'),
  shards: z.int().min(1).max(100).optional().describe("Primary shards of an index. Default: the cluster's (1)."),
  replicas: z.int().min(0).max(10).optional().describe("Replicas of an index. Default: the cluster's (1)."),
  compression: z.boolean().default(true).describe('Compress requests and answers (gzip).'),
  requestTimeout: duration('30s').describe('The longest time for one request, as a whole.'),
});

function isNode(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && username + password + search + hash === '';
}
