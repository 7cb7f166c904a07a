"""Whether an API can be posted to: it lets us in, and finds nothing under a key that nobody posted."""

from uuid import uuid4

from aponta.errors import ConfigError
from aponta.ship.destinations.rest.document import ApiDocuments
from aponta.ship.destinations.rest.session import Session, SignInRefused


def check_api(destination: str, file: str, session: Session, documents: ApiDocuments) -> None:
    """Raises ConfigError `ship.sign_in_refused`, `ship.not_absent`; TransientError where the answer is not clear."""
    never_posted = f"aponta:check:{uuid4()}"
    for kind in documents.kinds:
        try:
            meaning, answer, found = documents.request(kind, [never_posted])
        except SignInRefused as refusal:
            raise ConfigError("ship.sign_in_refused", **refusal.facts) from None
        why = session.words(answer)
        if meaning == "unknown":
            raise session.unsure(why)
        if found != []:
            raise ConfigError("ship.not_absent", destination=destination, file=file, why=why)
