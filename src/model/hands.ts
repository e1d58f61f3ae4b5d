import type { Client } from './detector.ts';

/** The tools of attackers and administrators: kubectl and its like, curl, Python. */
export const isTool = (client: Client): boolean => client === 'tool' || client === 'script';

/** The same, and whoever names nothing but an HTTP library: how somebody works who is no program of the cluster. */
export const isByHand = (client: Client): boolean => isTool(client) || client === 'bare';
