"""Letting an annexe in: its credential goes into `all`, the seal of its codes among the published keys."""

from __future__ import annotations

from central.centre import Centre
from central.paper_keys import PaperKeys
from central.published_keys import annexe_of
from protocol.errors import OperatorError
from protocol.records.credentials import Credential


async def admit_annexe(
    centre: Centre, papers: PaperKeys, credential: Credential, *, issuer: Credential | None, seal: bytes | None
) -> bool:
    """Trust and publish an annexe's credential; `seal` is its X.509 certificate (DER). False if both stood there.

    Raises OperatorError when it is another kind of credential or another annexe's seal, CredentialRefused when no
    issuer known here vouches for it, PublishedKeysRefused when the seal is not of this prefecture.
    """
    if credential.kind != "annexe":
        raise OperatorError(f"This is the credential of {credential.holder} ({credential.kind}), not of an annexe.")
    if seal is not None and annexe_of(seal) != credential.holder:
        raise OperatorError(f"The seal is not that of {credential.holder}: give the .seal.der made with its keys.")
    chain = [credential] if issuer is None else [issuer, credential]
    sealed = papers.admit(seal) if seal is not None else False
    return await centre.publish_credentials(chain) > 0 or sealed
