import type { RawEvent } from '../support/event.ts';
import { bound, isAccount, moved, named } from './place.ts';
import type { Rewrite } from './scene.ts';

const isLocal = (address: string): boolean => address === '127.0.0.1' || address === '::1';

const worded = (event: RawEvent, ending: string): RawEvent => {
  const text = event.responseStatus?.['message'];
  if (typeof text !== 'string' || !text.includes(' cannot ')) return event;
  return { ...event, responseStatus: { ...event.responseStatus, message: `${text}${ending}` } };
};

/** The same requests in the clusters of others: names, people, groups, addresses, agents, time. */
export const CLUSTERS: Readonly<Record<string, Rewrite>> = {
  EKS: moved({
    names: named(`
      storefront billing warehouse sandbox pipelines shop-ui nightly-sync flux-applier gha-runner
      snapshots arn:aws:sts::111122223333:assumed-role/Contractor/mk
      arn:aws:sts::111122223333:assumed-role/SRE/carla arn:aws:iam::111122223333:user/alix
      arn:aws:iam::111122223333:user/bo arn:aws:iam::111122223333:user/d toolbox-0 aurora-proxy-0
      ledger-7d9f8b6c5-x2x4z ip-10-0-41-7.ec2.internal ip-10-0-88-2.ec2.internal ops-extra sync-reads
      applier x1 role-maint aurora ecr-pull edge-tls settings vendors
    `),
    person: (name, groups) => ({
      username: name,
      uid: `aws-iam-authenticator:111122223333:AROA${name.length}EXAMPLEID`,
      groups,
      extra: {
        arn: [name],
        canonicalArn: [name.replace('sts', 'iam').replace('assumed-role', 'role')],
        sessionName: [name.split('/').at(-1) ?? ''],
        principalId: ['AROAEXAMPLEID'],
        accessKeyId: ['ASIAEXAMPLEKEY'],
      },
    }),
    addresses: (address) => (isLocal(address) ? '10.0.163.61' : '203.0.113.77'),
    agents: (agent) => agent.replace(/v1\.36\.3 \(linux\/amd64\)/, 'v1.29.0 (darwin/arm64)'),
    hours: -5_003,
  }),
  GKE: moved({
    names: named(`
      shop pay lake play build site loader config-sync cloudbuild dump contractor@partner.example.org
      carol.q@example.com alice@example.com bob@example.com dave@example.com bastion pg-primary-0
      pay-api-6f5d9-9mz7q gke-prod-pool-1-1a2b3c4d-xk2p gke-prod-pool-2-9f8e7d6c-zz4q
    `),
    person: (name, groups) => ({
      username: name,
      groups: ['system:authenticated', ...groups.filter((each) => each === 'system:masters')],
      extra: { 'iam.gke.io/user-assertion': ['REDACTED'], 'user-assertion.cloud.google.com': ['REDACTED'] },
    }),
    addresses: (address) => (isLocal(address) ? '10.128.0.2' : '198.51.100.23'),
    agents: (agent) => agent.replace(/kubernetes\/\w+/, 'kubernetes/$Format'),
    hours: 31,
    also: (event) => worded(event, ': requires one of ["container.thing.do"] permission(s).'),
  }),
  AKS: moved({
    names: named(`
      b2c invoicing dwh labs azdo spa adf gitops-agent azdo-agent kv-backup m.k@contoso.onmicrosoft.com
      3f0a8cf7-9d5c-4b7e-8a55-19f5f5c0a511 al@contoso.onmicrosoft.com bo@contoso.onmicrosoft.com
      da@contoso.onmicrosoft.com jump mssql-0 inv-5d4cf9-abcde aks-np1-12345678-vmss000000
      aks-np1-12345678-vmss000001
    `),
    person: (name, groups) => ({
      username: name,
      groups: ['6b4c1a2e-0000-4000-8000-1f2e3d4c5b6a', ...groups],
      extra: { oid: ['9f8e7d6c-1111-4222-8333-444455556666'] },
    }),
    addresses: (address) => (isLocal(address) ? '172.31.16.64' : '172.31.44.9'),
    hours: 8_766,
    also: (event) =>
      worded(event, ': User does not have access to the resource in Azure. Update role assignment to allow access.'),
  }),
  OpenShift: moved({
    names: named(`
      www core-banking analytics team-a cicd ui spark argocd-argocd-application-controller pipeline oadp
      u123456 b654321 developer qe trainee net-debug psql-0 tx-1-gk5xq master-0 worker-0
    `),
    person: (name, groups) => ({
      username: name,
      uid: '0d2a56f1-7a55-4a7f-8f14-6a2d4a1d9a10',
      groups: [
        ...groups.filter((each) => each !== 'system:authenticated'),
        'system:authenticated:oauth',
        'system:authenticated',
      ],
      extra: { 'scopes.authorization.openshift.io': ['user:full'] },
    }),
    addresses: (address) => (isLocal(address) ? '10.128.0.1' : '10.131.4.18'),
    agents: (agent) => agent.replace(/^kubectl\/v1\.36\.3/, 'oc/4.14.0'),
    hours: -24 * 400,
    also: (event) => ({ ...event, level: event.level ?? 'Metadata', hostname: 'master-0.example.net' }),
  }),
  Rancher: moved({
    names: named(`
      p-web p-pay p-etl p-dev p-ci fe loader fleet-agent drone bk u-b4qkhsnliz u-mo773yttt4 user-7hx2k
      user-9qq4d user-2dd8p box maria-0 pay-69d4-k8s2x rke2-a rke2-b
    `),
    person: (name, groups) => ({
      username: name,
      uid: name,
      groups,
      extra: {
        principalid: [`local://${name}`],
        username: ['someone'],
        requesthost: ['rancher.example.net'],
        requesttokenid: [`kubeconfig-${name}`],
      },
    }),
    addresses: (address) => (isLocal(address) ? '127.0.0.1' : '10.42.3.19'),
    hours: 777,
  }),
  'k3s over IPv6': moved({
    names: named(`
      home wallet media tinker act nginx sonarr helm-controller runner restic eve kim lee max noa busybox
      pg-0 wallet-0 pi4-a pi4-b
    `),
    addresses: (address) => (isLocal(address) ? '::1' : 'fd00:42::a1:17'),
    hours: 13,
    also: (event) => ({
      ...event,
      ...(event.userAgent !== undefined && { userAgent: event.userAgent.replace('v1.36.3', 'v1.28.4+k3s2') }),
    }),
  }),
  'behind a proxy that adds addresses': moved({
    names: {},
    addresses: (address) => address,
    hours: 0,
    also: (event) => ({ ...event, sourceIPs: ['192.0.2.5', ...(event.sourceIPs ?? [])] }),
  }),
  'all from one load balancer': moved({ names: {}, addresses: () => '10.240.0.4', hours: 0 }),
  'tokens of running pods': moved({
    names: {},
    addresses: (address) => (isLocal(address) ? address : '10.244.7.31'),
    hours: 1,
    also: (event) => (event.user && isAccount(event.user) ? { ...event, user: bound(event.user) } : event),
  }),
};
