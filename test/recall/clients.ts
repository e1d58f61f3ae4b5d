import type { Rewrite } from './scene.ts';

/** Whether they are the addresses of an attacker: ordinary requests of the captures come from the machine itself. */
export const isAttacker = (addresses: readonly string[] = []): boolean =>
  addresses.some((address) => /^127\.(66|10)\./.test(address));

const by =
  (agent: string | undefined): Rewrite =>
  (event) => {
    if (!isAttacker(event.sourceIPs)) return [event];
    const { userAgent: _, ...rest } = event;
    return [agent === undefined ? rest : { ...rest, userAgent: agent }];
  };

/** Everything that the attacker does, done with other programs. */
export const CLIENTS: Readonly<Record<string, Rewrite>> = {
  curl: by('curl/8.5.0'),
  'Python requests': by('python-requests/2.31.0'),
  k9s: by('k9s/v0.32.4 (darwin/arm64) kubernetes/$Format'),
  Lens: by('Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko) OpenLens/6.5.2'),
  "Go's bare client": by('Go-http-client/2.0'),
};

/** Programs that tell no person from a machine. */
export const LIBRARIES: Readonly<Record<string, Rewrite>> = {
  'the Python client': by('OpenAPI-Generator/29.0.0/python'),
  'the Java client': by('okhttp/4.12.0'),
  'a Go program of their own': by('peirates/v0.0.0 (linux/amd64) kubernetes/$Format'),
  'no name': by(undefined),
};

/** Names that belong to others: clients are only claims. */
export const DISGUISES: Readonly<Record<string, Rewrite>> = {
  'the controller manager': by('kube-controller-manager/v1.36.3 (linux/amd64) kubernetes/a1b2c3d/shared-informers'),
  'a kubelet': by('kubelet/v1.36.3 (linux/amd64) kubernetes/a1b2c3d'),
  'Argo CD': by('argocd-application-controller/v0.0.0 (linux/amd64) kubernetes/$Format'),
  Helm: by('Helm/3.14.2'),
};
