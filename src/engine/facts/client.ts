import type { AuditEvent, Client } from '../../model/index.ts';

const TOOL = /^(kubectl|k9s)/i;
const SCRIPT = /^(curl|wget|python|httpie|postman|powershell)/i;
const BARE = /^go-http-client/i;
/** How client-go names a program by default. */
const COMPONENT = /^[\w.-]{1,64}\/\S{1,64} \([\w/]{1,32}\) kubernetes\//;

/** What drives a request. Only a claim: whoever sends it may call itself anything. */
export function clientOf({ userAgent }: AuditEvent): Client {
  if (TOOL.test(userAgent)) return 'tool';
  if (SCRIPT.test(userAgent)) return 'script';
  if (BARE.test(userAgent)) return 'bare';
  return COMPONENT.test(userAgent) ? 'component' : 'library';
}
