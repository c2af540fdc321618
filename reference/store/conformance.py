"""What is offered only where the encryption is to be judged alone, by ciphertexts that others have published."""

import base64

from fastapi import Request

from reference.common import problems
from reference.store import models
from reference.store.administration import administrator
from reference.store.sealing import TAG_BYTES, NotOpened, Sealer, decoded


async def open_ciphertext(request: Request, body: models.OpenCiphertextRequest) -> models.OpenedCiphertext:
    """Open a ciphertext as a sealed file is opened."""
    administrator(request, "openCiphertext")
    try:
        plaintext = opened(body)
    except NotOpened:
        raise problems.Problem("tampered") from None
    return models.OpenedCiphertext(plaintext=base64.b64encode(plaintext).decode())


def opened(body: models.OpenCiphertextRequest) -> bytes:
    """What a ciphertext held; raises NotOpened."""
    tag = decoded(body.tag)
    if len(tag) != TAG_BYTES:
        raise NotOpened("tag")
    sealed = decoded(body.ciphertext) + tag
    return Sealer().decrypt(decoded(body.key), decoded(body.nonce), sealed, decoded(body.associated_data))
