"""What the platform itself does and suffers: leaders, certificates, volumes, quotas, metrics, endpoints."""

from __future__ import annotations

from random import Random

from eventcenter.demo.chance import DAY, HOUR, SECOND, digest, seconds, suffix, template_hash, uid
from eventcenter.demo.cluster import WORKLOADS
from eventcenter.demo.events import Note, Ref, Source, rfc3339
from eventcenter.demo.pods import SCHEDULER_TRIES

_PROVISIONER = Source("disk.csi.example.com_csi-provisioner-0")
_PVC = Source("persistentvolume-controller")
_HPA = Source("horizontal-pod-autoscaler")
_CERTIFICATES = (
    ("shop", "shop-example-com"),
    ("payments", "payments-example-com"),
    ("search", "search-example-com"),
    ("platform", "status-example-com"),
    ("monitoring", "grafana-example-com"),
)


def leaders(seed: int, begin: int, random: Random) -> list[Note]:
    """A controller lost its lease and got it back."""
    name = random.choice(("kube-controller-manager", "kube-scheduler"))
    lease = Ref("Lease", "kube-system", name, uid(seed, "lease", name), "coordination.k8s.io/v1")
    message = f"control-plane-1_{uid(seed, name, begin)} became leader"
    source = Source("default-scheduler" if name == "kube-scheduler" else name)
    return [Note(begin + seconds(random, 60, 36_000), lease, "LeaderElection", message, source)]


def renewals(seed: int, begin: int, random: Random) -> list[Note]:
    """cert-manager renews a certificate; now and then the DNS challenge does not work."""
    number = begin // HOUR
    namespace, name = _CERTIFICATES[number // 12 % len(_CERTIFICATES)]
    certificate = _cert_manager("Certificate", namespace, name, seed)
    request = _cert_manager("CertificateRequest", namespace, f"{name}-{number // 60 % 900}", seed)
    at = begin + seconds(random, 60, 20_000)
    issuing = Source("cert-manager-certificates-issuing")
    approver = Source("cert-manager-certificaterequests-approver")
    reused = f'Reusing private key stored in existing Secret resource "{name}"'
    made = f'Created new CertificateRequest resource "{request.name}"'
    approved = "Certificate request has been approved by cert-manager.io"
    notes = [
        _renewing(certificate, at),
        Note(at + 300, certificate, "Reused", reused, Source("cert-manager-certificates-key-manager")),
        Note(at + 500, certificate, "Requested", made, Source("cert-manager-certificates-request-manager")),
        Note(at + 700, request, "cert-manager.io", approved, approver),
    ]
    if random.random() < 0.2:
        return notes + _challenge_fails(seed, namespace, request.name, at + 4000, random)
    done = at + seconds(random, 5, 90)
    fetched = "Certificate fetched from issuer successfully"
    acme = Source("cert-manager-certificaterequests-issuer-acme")
    issued = "The certificate has been successfully issued"
    return [
        *notes,
        Note(done, request, "CertificateIssued", fetched, acme),
        Note(done + 200, certificate, "Issuing", issued, issuing),
    ]


def _cert_manager(kind: str, namespace: str, name: str, seed: int) -> Ref:
    return Ref(kind, namespace, name, uid(seed, kind, namespace, name), "cert-manager.io/v1")


def _renewing(certificate: Ref, at: int) -> Note:
    planned = rfc3339(at - at % 1000).replace("T", " ").replace("Z", " +0000 UTC")
    message = f"Renewing certificate as renewal was scheduled at {planned}"
    return Note(at, certificate, "Issuing", message, Source("cert-manager-certificates-trigger"))


def _challenge_fails(seed: int, namespace: str, request: str, at: int, random: Random) -> list[Note]:
    name = f"{request}-{random.randint(10**8, 10**10)}-{random.randint(10**8, 10**9)}"
    challenge = Ref("Challenge", namespace, name, uid(seed, "challenge", name), "acme.cert-manager.io/v1")
    message = (
        "Error presenting challenge: dial tcp: lookup dns.example.com on 10.96.0.10:53: read udp: i/o timeout"
    )
    source = Source("cert-manager-challenges")
    tries = [at + (2**step) * 5 * SECOND for step in range(random.randint(5, 9))]
    return [Note(now, challenge, "PresentError", message, source, "Warning") for now in tries]


def volumes(seed: int, begin: int, random: Random) -> list[Note]:
    """A claim that the storage has no room for, for a while."""
    name = f"scratch-backfill-{suffix(5, seed, begin)}"
    claim = Ref("PersistentVolumeClaim", "data", name, uid(seed, "pvc", name))
    pod = Ref("Pod", "data", f"backfill-{suffix(5, seed, begin, 'pod')}", uid(seed, "pod", name))
    at = begin + seconds(random, 60, 72_000)
    failure = (
        'failed to provision volume with StorageClass "fast-ssd": rpc error: code = ResourceExhausted desc = '
        "insufficient capacity in zone zone-b"
    )
    external = (
        "Waiting for a volume to be created either by the external provisioner 'disk.csi.example.com' or "
        "manually by the system administrator. If volume creation is delayed, please verify that "
        "the provisioner is running and correctly registered."
    )
    unbound = (
        "0/8 nodes are available: pod has unbound immediate PersistentVolumeClaims. "
        "preemption: 0/8 nodes are available: 8 Preemption is not helpful for scheduling."
    )
    notes = [Note(at + 90, pod, "FailedScheduling", unbound, SCHEDULER_TRIES, "Warning")]
    created = f'External provisioner is provisioning volume for claim "data/{name}"'
    now = at
    for step in range(random.randint(5, 9)):
        notes.append(Note(now, claim, "ExternalProvisioning", external, _PVC))
        notes.append(Note(now + 300, claim, "Provisioning", created, _PROVISIONER))
        notes.append(Note(now + 1400, claim, "ProvisioningFailed", failure, _PROVISIONER, "Warning"))
        now += seconds(random, 2**step, 2**step * 1.2)
    volume = f"pvc-{claim.uid}"
    succeeded = f"Successfully provisioned volume {volume}"
    return [*notes, Note(now + 2000, claim, "ProvisioningSucceeded", succeeded, _PROVISIONER)]


def quotas(seed: int, begin: int, random: Random) -> list[Note]:
    """A team's namespace is full; the ReplicaSet tries again and again, with a new name each time."""
    since = begin - begin % (2 * DAY)
    name = f"load-test-{template_hash(seed, since)}"
    about = Ref("ReplicaSet", "staging", name, uid(seed, "rs", name), "apps/v1")
    at, notes = begin + seconds(random, 60, 50_000), []
    for step in range(random.randint(8, 14)):
        pod = f"{name}-{suffix(5, seed, begin, step)}"
        message = (
            f'Error creating: pods "{pod}" is forbidden: exceeded quota: team-quota, '
            "requested: requests.cpu=2, used: requests.cpu=15, limited: requests.cpu=16"
        )
        notes.append(Note(at, about, "FailedCreate", message, Source("replicaset-controller"), "Warning"))
        at += 12 * 2**step + 8
    return notes


def metrics(seed: int, begin: int, random: Random) -> list[Note]:
    """The metrics server does not answer for some minutes; each autoscaler complains every 15 s."""
    cause = (
        "unable to get metrics for resource cpu: unable to fetch metrics from resource metrics API: "
        "the server is currently unable to handle the request (get pods.metrics.k8s.io)"
    )
    single = f"failed to get cpu utilization: {cause}"
    whole = (
        "invalid metrics (1 invalid out of 1), first error is: failed to get cpu resource metric value: "
        f"failed to get cpu utilization: {cause}"
    )
    at, last = begin + seconds(random, 60, 60_000), random.randint(8, 25)
    notes = []
    for workload in WORKLOADS:
        about, now = workload.autoscaler(seed), at + random.randint(0, 14_000)
        for step in range(last if workload.peak else 0):
            then = now + step * 15_020
            notes.append(Note(then, about, "FailedGetResourceMetric", single, _HPA, "Warning"))
            notes.append(Note(then + 9, about, "FailedComputeMetricsReplicas", whole, _HPA, "Warning"))
    return notes


def endpoints(seed: int, begin: int, random: Random) -> list[Note]:
    """Two writers of the same EndpointSlice; the second tries again. Harmless, and in every cluster."""
    workload = random.choice([workload for workload in WORKLOADS if workload.kind == "Deployment"])
    service = f"{workload.namespace}/{workload.name}"
    about = Ref("Service", workload.namespace, workload.name, uid(seed, "service", service))
    slice_name = f"{workload.name}-{suffix(5, digest(seed, service))}"
    message = (
        f"Error updating Endpoint Slices for Service {service}: failed to update {slice_name} EndpointSlice "
        f"for Service {service}: Operation cannot be fulfilled on endpointslices.discovery.k8s.io "
        f'"{slice_name}": the object has been modified; please apply your changes to the latest version and '
        "try again"
    )
    at, source = begin + seconds(random, 5, 5000), Source("endpoint-slice-controller")
    return [
        Note(at + step * 1500, about, "FailedToUpdateEndpointSlices", message, source, "Warning")
        for step in range(random.randint(1, 3))
    ]
