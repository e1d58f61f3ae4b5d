import type { Actor, Alert, AuditEvent, Facts } from '../model/index.ts';

/** Related users and addresses kept in one alert. */
const RELATED = 50;
const GROUPS = 50;
const CLAIMED = 10;

/** The actor of an alert's first event. */
export function firstActor(event: AuditEvent, facts: Facts): Actor {
  const { user, impersonated, peer, userAgent } = event;
  const claimed = event.sourceIps.slice(0, -1).slice(0, CLAIMED);
  return {
    ...(user.name !== '' && { user: user.name }),
    ...(impersonated !== undefined && { effectiveUser: impersonated.name }),
    class: facts.identity(event).class,
    groups: user.groups.slice(0, GROUPS),
    ...(isAddress(peer) && { ip: peer }),
    claimedIps: claimed,
    ...(userAgent !== '' && { userAgent }),
  };
}

/** The actor of the first of the gravest findings, and all the users and addresses that the alert has met. */
export function joinActor(
  alert: Alert,
  event: AuditEvent,
  facts: Facts,
  isGraver: boolean,
): Pick<Alert, 'actor' | 'relatedUsers' | 'relatedIps'> {
  const users = [event.user.name, event.impersonated?.name ?? ''].filter((name) => name !== '');
  const ips = isAddress(event.peer) ? [event.peer] : [];
  return {
    actor: isGraver ? firstActor(event, facts) : alert.actor,
    relatedUsers: union(alert.relatedUsers, users),
    relatedIps: union(alert.relatedIps, ips),
  };
}

function union(known: readonly string[], more: readonly string[]): readonly string[] {
  if (known.length >= RELATED || more.every((each) => known.includes(each))) return known;
  return [...new Set([...known, ...more])].slice(0, RELATED);
}

/** Nothing but an address may stand where readers expect one. */
const isAddress = (text: string): boolean =>
  /^(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f:.]{2,45})$/.test(text) && /[.:]/.test(text);
