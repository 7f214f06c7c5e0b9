"""Credentials and RBAC: each verb that the center uses, asked one by one, with the command that grants it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from eventcenter.doctor.findings import Finding, fail, ok, warn
from eventcenter.errors import ClusterError
from eventcenter.watch.connection import Answer, Connection
from eventcenter.watch.listing import events_path

TIMEOUT = 10.0
NEEDED = (("list", "events"), ("watch", "events"))
_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
_USER = re.compile(r'User "([^"]*)"')


def check_rights(connection: Connection, namespaces: tuple[str, ...]) -> Iterator[Finding]:
    """The first finding is about the credentials; if they are refused, the only one."""
    answers: list[tuple[str | None, str, str, Answer]] = []
    try:
        for namespace in namespaces or (None,):
            for verb, resource in NEEDED:
                answers.append((namespace, verb, resource, _ask(connection, namespace, verb, resource)))
                if answers[0][3].status == 401:
                    yield _refused()
                    return
    except ClusterError as error:
        yield fail("credentials", str(error), error.hint or "See the API server's log.")
        return
    yield ok("credentials", "accepted")
    who = "" if all(_allowed(answer) for *_, answer in answers) else _who(connection, namespaces)
    for namespace, verb, resource, answer in answers:
        yield _verdict(namespace, f"{verb} {resource}", answer, who)


def check_log_right(connection: Connection, namespaces: tuple[str, ...]) -> Iterator[Finding]:
    """Container logs are of use and not needed: without the right it is a warning."""
    for namespace in namespaces or (None,):
        where = f"in namespace {namespace}" if namespace else "in all namespaces"
        try:
            answer = _ask(connection, namespace, "get", "pods/log")
        except ClusterError:
            return  # the steps around this one say it
        if _allowed(answer):
            yield ok("rights", f"may get pods/log {where}")
        elif answer.status in (200, 201):
            yield warn(
                "rights",
                f"may not get pods/log {where}: no container log is kept or shown",
                "Apply deploy/base/rbac-logs.yaml, or set crash_logs: false.",
            )


def _ask(connection: Connection, namespace: str | None, verb: str, resource: str) -> Answer:
    attributes = {"verb": verb, "group": ""}
    attributes["resource"], _, subresource = resource.partition("/")
    if subresource:
        attributes["subresource"] = subresource
    if namespace:
        attributes["namespace"] = namespace
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
    return connection.request("POST", _REVIEW, body=review, timeout=TIMEOUT)


def _status(answer: Answer) -> dict[str, object]:
    status = answer.json.get("status") if isinstance(answer.json, dict) else None
    return status if isinstance(status, dict) else {}


def _allowed(answer: Answer) -> bool:
    return answer.status in (200, 201) and _status(answer).get("allowed") is True


def _refused() -> Finding:
    return fail(
        "credentials",
        "the API server refuses the credentials (401)",
        "Renew them: log in again, or take a fresh kubeconfig or token; `kubectl get events` must work.",
    )


def _who(connection: Connection, namespaces: tuple[str, ...]) -> str:
    """The user's name as the API server sees it: a refusal names it, and no older server tells it
    otherwise."""
    path = events_path(namespaces[0] if namespaces else None)
    try:
        answer = connection.request("GET", path, {"limit": 1}, timeout=TIMEOUT)
    except ClusterError:
        return ""
    told = answer.json.get("message") if isinstance(answer.json, dict) else None
    user = _USER.search(told) if isinstance(told, str) else None
    return user[1] if user else ""


def _verdict(namespace: str | None, right: str, answer: Answer, who: str) -> Finding:
    where = f"in namespace {namespace}" if namespace else "in all namespaces"
    if _allowed(answer):
        return ok("rights", f"may {right} {where}")
    if answer.status not in (200, 201):
        return warn(
            "rights",
            f"whether it may {right} {where} is not known: the API server answers {answer.status}",
            f"Ask kubectl auth can-i {right}.",
        )
    return fail("rights", f"{who or 'this user'} may not {right} {where}", grant(who, namespace))


def grant(who: str, namespace: str | None) -> str:
    """The commands that give the right, for whoever may."""
    parts = who.split(":")
    if parts[:2] == ["system", "serviceaccount"] and len(parts) == 4:
        subject = f"--serviceaccount={parts[2]}:{parts[3]}"
    else:
        subject = f"--user={shlex.quote(who or 'USER')}"
    role = "kubectl create clusterrole eventcenter --verb=list,watch --resource=events"
    if namespace:
        binding = f"kubectl create rolebinding eventcenter -n {namespace} --clusterrole=eventcenter {subject}"
        return f"{role}; {binding}"
    binding = f"kubectl create clusterrolebinding eventcenter --clusterrole=eventcenter {subject}"
    return f"{role}; {binding} (or watch single namespaces with --namespace)"
